"""Amounts of money as callers send them."""

import re
from typing import Any

from cartoncloud_simulator.api.bodies import mapping
from cartoncloud_simulator.rules.refusals import error_at
from cartoncloud_simulator.world.quantities import wire_number
from cartoncloud_simulator.world.world import World

_CURRENCY = re.compile(r"[A-Z]{3}")


def check_money(
    world: World, value: Any, *, at: str, any_currency: bool = False, currency_required: bool = False
) -> list[dict[str, Any]]:
    """What is wrong with an amount of zero or more, in the tenant's currency unless any will do."""
    if value is None:
        return []
    errors = []
    amount = world.read_number(mapping(value).get("amount"))
    if amount is None or amount < 0:
        errors.append(error_at(f"{at}/amount", "Amount must be zero or more."))
    sent, own = mapping(value).get("currency"), world.settings.currency
    if sent is None and not currency_required:
        return errors
    fits = isinstance(sent, str) and _CURRENCY.fullmatch(sent) is not None if any_currency else sent == own
    if not fits:
        errors.append(error_at(f"{at}/currency", f"Currency must be {'an ISO 4217 code' if any_currency else own}."))
    return errors


def take_money(world: World, value: dict[str, Any]) -> dict[str, Any]:
    """A checked amount as it is kept; the currency is the tenant's where none was sent."""
    amount = world.read_number(value["amount"])
    assert amount is not None
    return {"amount": wire_number(amount), "currency": value.get("currency", world.settings.currency)}
