"""Control of what goes wrong and what is counted: faults, requests, the ledger."""

from typing import Any

import msgspec

from cartoncloud_simulator.api.faults import Fault
from cartoncloud_simulator.api.routes import TENANT_PATHS
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules.refusals import invalid

_OTHER_OPERATIONS = ("token", "authorize", "userinfo", "*")


class FaultScript(msgspec.Struct, forbid_unknown_fields=True):
    script: list[Fault]


def show_faults(command: Command) -> Any:
    return {"script": command.simulator.faults.describe()}


def add_faults(command: Command) -> Any:
    script = command.read(FaultScript).script
    known = {operation.name for path in TENANT_PATHS.values() for operation in path.values()} | {*_OTHER_OPERATIONS}
    for index, fault in enumerate(script):
        if fault.operation not in known:
            raise invalid(f"/script/{index}/operation", f"Unknown operation; there are: {', '.join(sorted(known))}")
    command.simulator.faults.add(script)
    return show_faults(command)


def clear_faults(command: Command) -> Any:
    command.simulator.faults.clear()
    return show_faults(command)


def show_requests(command: Command) -> Any:
    return command.simulator.traffic.describe()


def reset_requests(command: Command) -> Any:
    command.simulator.traffic.reset()
    return show_requests(command)


def read_ledger(command: Command) -> bytes:
    """JSON lines, from after the given number."""
    return command.world.ledger.read(after=command.number("after", 0))
