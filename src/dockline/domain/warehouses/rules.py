"""Physical and virtual warehouses, and which of them an account may use. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NewType

WarehouseId = NewType("WarehouseId", int)

LAST_TURN = 7
"""How many warehouses may follow the default one. Every set of them is tried, so they are few."""


@dataclass(frozen=True)
class Place:
    """A warehouse as the rules see it; a virtual one has the physical ones it groups."""

    id: int
    name: str
    members: tuple[int, ...] = ()
    is_virtual: bool = False


def list_refusals(
    places: Sequence[Place], *, before: Set[int], after: Set[int], default_id: int | None, in_use: Mapping[int, str]
) -> list[str]:
    """Say why an account's warehouses may not become these; nothing when they may.

    `in_use` names the channel that works a warehouse for the account. Source: functional specification, section 4.
    """
    names = {place.id: place.name for place in places}
    refusals = [_refuse_virtual(place, after, names) for place in places if place.is_virtual and place.id in after]
    refusals += [
        f"{names[one]} cannot be disabled: {in_use[one]} works it. Delete that channel first."
        for one in sorted(before - after)
        if one in in_use
    ]
    physical = {place.id for place in places if not place.is_virtual}
    if default_id is not None and default_id not in after:
        refusals.append(f"{names[default_id]} is where orders go that ask for no warehouse: choose an enabled one.")
    elif default_id is not None and default_id not in physical:
        refusals.append(f"{names[default_id]} is virtual and cannot ship: orders need a physical one to go to.")
    elif default_id is None and after & physical:
        refusals.append("Choose the warehouse where orders go that ask for none.")
    return [refusal for refusal in refusals if refusal]


def list_wrong_turns(places: Sequence[Place], turns: Mapping[int, int]) -> list[str]:
    """Say why warehouses may not have these turns, by warehouse; nothing when they may."""
    named = [(place, turns[place.id]) for place in places if place.id in turns]
    refusals = [f"{place.name} is virtual and cannot ship: it has no turn." for place, _ in named if place.is_virtual]
    refusals += [
        f"{place.name}: a turn is a whole number from 1 to {LAST_TURN}."
        for place, turn in named
        if not 1 <= turn <= LAST_TURN
    ]
    by_turn: dict[int, list[str]] = {}
    for place, turn in named:
        by_turn.setdefault(turn, []).append(place.name)
    refusals += [
        f"{' and '.join(names)} have the same turn {turn}: give each its own."
        for turn, names in sorted(by_turn.items())
        if len(names) > 1
    ]
    return refusals


def _refuse_virtual(place: Place, after: Set[int], names: Mapping[int, str]) -> str:
    missing = [names[member] for member in place.members if member not in after]
    if not missing:
        return ""
    return (
        f"{place.name} is a group of several and needs all of them: enable {' and '.join(missing)} as well, "
        f"or disable {place.name}."
    )
