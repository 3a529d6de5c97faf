"""Control of the clock: how time passes, and turning it on."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules.refusals import invalid
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import ClockMode

_LONGEST_SECONDS = 10 * 366 * 86_400
Positive = Annotated[float, Meta(gt=0, le=1_000_000)]


class Turn(msgspec.Struct, forbid_unknown_fields=True):
    """How time is to pass; `factor` is for a fast clock, `step_seconds` for a stepped one."""

    mode: ClockMode
    factor: Positive = 60
    step_seconds: Positive = 1


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """How far: lengths are added up, `to` names a moment instead; nothing at all means now."""

    seconds: Annotated[float, Meta(ge=0, le=_LONGEST_SECONDS)] = 0
    hours: Annotated[float, Meta(ge=0, le=_LONGEST_SECONDS / 3_600)] = 0
    days: Annotated[float, Meta(ge=0, le=_LONGEST_SECONDS / 86_400)] = 0
    to: str | None = None


def show_clock(command: Command) -> Any:
    world = command.world
    dial = world.clock.dial
    shown: dict[str, Any] = {
        "mode": dial.mode,
        "now": clock.format_precise_time(world.clock.seconds()),
        "local": clock.format_time(world.clock.now(), zone=world.default_warehouse().timezone),
    }
    if dial.mode == "fast":
        shown["factor"] = dial.speed
    if dial.mode == "stepped":
        shown["step_seconds"] = dial.step_seconds
    return shown


def turn_clock(command: Command) -> Any:
    sent = command.read(Turn, float_hook=float)
    world = command.world
    world.clock.turn(sent.mode, factor=sent.factor, step_seconds=sent.step_seconds)
    world.note(world.clock.dial)
    return show_clock(command)


async def advance_clock(command: Command) -> Any:
    """What is due on the way has happened when this answers; a moment that is over is refused."""
    sent = command.read(Advance, float_hook=float)
    now = command.world.clock.seconds()
    target = now + sent.seconds + sent.hours * 3_600 + sent.days * 86_400
    if sent.to is not None:
        target = _read_moment(sent.to)
        if not now <= target <= now + _LONGEST_SECONDS:
            raise invalid("/to", "The clock never steps back, nor more than ten years ahead")
    await command.simulator.advance_to(target)
    return show_clock(command)


def _read_moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("/to", "Expected an ISO 8601 time with offset") from None
    if moment.tzinfo is None:
        raise invalid("/to", "Expected an ISO 8601 time with offset")
    return moment.timestamp()
