"""Where an order of a file goes: from its columns, or made from customer and country."""

import hashlib
import json
from collections.abc import Mapping

from dockline.domain.orders.rules import ADDRESS, NEEDED_OF_ADDRESS
from dockline.flows.data.cells import Refused, quote
from dockline.interfaces.files.profile import MadeAddress, Profile

HOUSE_NUMBERS = 200
_AS_JSON = json.JSONEncoder(ensure_ascii=False)


def find_address(cells: Mapping[str, str], profile: Profile) -> tuple[str, str]:
    """Return the customer's name and the address as JSON. Raises Refused."""
    if profile.made_address is not None:
        return _make(cells, profile, profile.made_address)
    for field in NEEDED_OF_ADDRESS:
        if profile.missing_address == "refuse" and not cells.get(field, "").strip():
            raise Refused(field, "address", "is empty, so the order cannot be delivered")
    name = cells.get("customer_name", "")
    if profile.missing_customer == "refuse" and not name.strip():
        raise Refused("customer_name", "empty", "is empty")
    return name, _write({field: cells.get(field, "") for field in ADDRESS})


def _make(cells: Mapping[str, str], profile: Profile, made: MadeAddress) -> tuple[str, str]:
    country, customer = cells["country"], cells.get("customer", "")
    if profile.missing_customer == "refuse" and not customer.strip():
        raise Refused("customer", "empty", "is empty")
    parts = made.countries.get(country)
    if parts is None:
        raise Refused("country", "address", f"{quote(country)} is not among the profile's countries")
    seed = hashlib.sha256(f"{customer}\0{country}".encode()).digest()
    values = {"country": country, "house": str(int.from_bytes(seed[:4], "big") % HOUSE_NUMBERS + 1)}
    template = made.customer_name if customer.strip() else made.missing_customer_name
    name = _fill(template, values | {"customer": customer})
    if len(name) > 200:
        raise Refused("customer", "too_long", "makes a customer name longer than 200 characters")
    values["customer"] = customer if customer.strip() else name
    contact = _fill(made.contact, values) if customer.strip() else name
    return name, _write({"contact": contact, "line_1": _fill(made.line_1, values)} | parts)


def _fill(template: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", value)
    return template


def _write(parts: Mapping[str, str]) -> str:
    # In the fixed order of the fields, so that the same address is always the same text.
    return _AS_JSON.encode({field: parts[field] for field in ADDRESS if parts.get(field)})
