"""Control of the weather: the script of faults, and storms."""

from typing import Any

import msgspec

from cartoncloud_simulator.api.routes import TENANT_PATHS
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules.refusals import invalid
from cartoncloud_simulator.weather import storm
from cartoncloud_simulator.weather.faults import WEBHOOK_OPERATIONS, Fault
from cartoncloud_simulator.weather.storm import Storm

_OTHER_OPERATIONS = ("token", "authorize", "userinfo", *WEBHOOK_OPERATIONS, "*")
_LONGEST_FORECAST = 10_000


class FaultScript(msgspec.Struct, forbid_unknown_fields=True):
    script: list[Fault]


def show_faults(command: Command) -> Any:
    return {"script": command.simulator.weather.describe_script()}


def add_faults(command: Command) -> Any:
    script = command.read(FaultScript, float_hook=float).script
    for index, fault in enumerate(script):
        _check_operation(fault.operation, f"/script/{index}/operation")
        if fault.do.startswith("webhook_") != (fault.operation in WEBHOOK_OPERATIONS):
            raise invalid(f"/script/{index}/do", f"{fault.do} cannot befall {fault.operation}")
    command.simulator.weather.add_faults(script)
    return show_faults(command)


def clear_faults(command: Command) -> Any:
    command.simulator.weather.clear_faults()
    return show_faults(command)


def show_storm(command: Command) -> Any:
    return {"storm": command.simulator.weather.describe_storm(), "kinds": storm.KINDS}


def raise_storm(command: Command) -> Any:
    """Begin a storm; the answer holds its seed, given or drawn."""
    sent = command.read(Storm, float_hook=float)
    for kind, rate in sent.rates.items():
        if kind not in storm.KINDS:
            raise invalid(f"/rates/{kind}", f"Unknown kind; there are: {', '.join(storm.KINDS)}")
        if not 0 <= rate <= 1:
            raise invalid(f"/rates/{kind}", "A rate is a share of all calls, from 0 to 1")
    if sum(sent.rates.values()) > 1 + 1e-9:
        raise invalid("/rates", "The rates are shares of all calls: together at most 1")
    for index, operation in enumerate(sent.operations):
        _check_operation(operation, f"/operations/{index}")
    command.simulator.weather.raise_storm(sent)
    return show_storm(command)


def calm_storm(command: Command) -> Any:
    command.simulator.weather.calm()
    return show_storm(command)


def forecast(command: Command) -> Any:
    """What the storm has in store for the first calls of an operation, without any of them being made."""
    operation = command.query.get("operation", "")
    _check_operation(operation, "?operation")
    blowing = command.simulator.weather.storm
    if blowing is None:
        return {"operation": operation, "calls": []}
    count = min(command.number("calls", 100), _LONGEST_FORECAST)
    calls = [blowing.decide(operation, number) if blowing.covers(operation) else None for number in range(1, count + 1)]
    return {"operation": operation, "calls": [fault and storm.name_of(fault) for fault in calls]}


def _check_operation(operation: str, field: str) -> None:
    known = {found.name for path in TENANT_PATHS.values() for found in path.values()} | {*_OTHER_OPERATIONS}
    if operation not in known:
        raise invalid(field, f"Unknown operation; there are: {', '.join(sorted(known))}")
