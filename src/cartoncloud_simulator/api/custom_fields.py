"""Custom fields: which property keys are taken from a caller, and which are shown to one."""

from typing import Any

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.bodies import NOTHING
from cartoncloud_simulator.api.call import Call
from cartoncloud_simulator.rules.refusals import Refusal, error_at
from cartoncloud_simulator.service_settings import FieldHolder
from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.quantities import read_exactly

_INSIDER = "Internal Field Access"


def take_properties(call: Call, customer_id: str | None, holder: FieldHolder, sent: Any, *, at: str) -> dict[str, Any]:
    """The properties that are kept of those sent; unknown keys are passed over or refused, as the customer has it.

    Without a customer it is as the tenant has it.
    """
    if sent in NOTHING:
        return {}
    if not isinstance(sent, dict):
        raise Refusal(422, error_at(at, "Properties must be an object."))
    policy = _policy(call, customer_id)
    hidden = _hidden(call, customer_id)
    listed = policy.custom_fields.get(holder)
    known = {name: value for name, value in sent.items() if name not in hidden and (listed is None or name in listed)}
    if len(known) < len(sent) and policy.unknown_property == "refuse":
        raise Refusal(422, *(error_at(f"{at}/{name}", "Unknown field.") for name in sent if name not in known))
    return {name: value for name, value in known.items() if value not in (None, "")}


def show(call: Call, customer_id: str, document: bytes) -> bytes:
    """A document as this caller may see it."""
    hidden = _hidden(call, customer_id)
    if not hidden:
        return document
    return wire.encode(_without(read_exactly(document), hidden))


def _policy(call: Call, customer_id: str | None) -> CustomerSettings:
    return call.world.settings if customer_id is None else call.world.customer_settings(customer_id)


def _hidden(call: Call, customer_id: str | None) -> frozenset[str]:
    if _INSIDER in call.client.roles:
        return frozenset()
    return frozenset(_policy(call, customer_id).internal_fields)


def _without(value: Any, hidden: frozenset[str], *, is_properties: bool = False) -> Any:
    if isinstance(value, list):
        return [_without(part, hidden) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without(part, hidden, is_properties=name == "properties")
        for name, part in value.items()
        if not (is_properties and name in hidden)
    }
