"""Addresses: what is checked when one comes in, and what is added when it goes out."""

import re
import zlib
from collections.abc import Callable
from typing import Any

from cartoncloud_simulator.api.bodies import mapping, read_text
from cartoncloud_simulator.api.countries import find_country
from cartoncloud_simulator.rules.refusals import error_at
from cartoncloud_simulator.world.world import World, new_id

_EMAIL = re.compile(r"[^.\s@][^\s@]*@[^\s@]+")
_LONGEST_PHONE = 64
_STATES = {
    "NSW": "New South Wales",
    "VIC": "Victoria",
    "QLD": "Queensland",
    "SA": "South Australia",
    "WA": "Western Australia",
    "TAS": "Tasmania",
    "ACT": "Australian Capital Territory",
    "NT": "Northern Territory",
}


def check_address(world: World, address: Any, *, at: str) -> list[dict[str, Any]]:
    """Every rule the address breaks, one error each."""
    if not isinstance(address, dict):
        return [error_at(at, "Address must be an object.")]
    errors = []
    if not address.get("companyName") and not address.get("contactName"):
        errors.append(error_at(f"{at}/companyName", "Company name or contact name is required."))
    refused = world.settings.empty_address_parts_refused
    errors += [error_at(f"{at}/{name}", "Cannot be empty.") for name in refused if address.get(name) == ""]
    if len(str(address.get("phone") or "")) > _LONGEST_PHONE:
        errors.append(error_at(f"{at}/phone", "Phone must be 0 to 64 characters."))
    if (email := address.get("email")) and not _EMAIL.fullmatch(str(email)):
        errors.append(error_at(f"{at}/email", "Email is not valid."))
    if address.get("state") not in (None, "") and not isinstance(address["state"], dict):
        errors.append(error_at(f"{at}/state", "State must be an object."))
    if address.get("country") not in (None, {}) and find_country(address["country"]) is None:
        errors.append(error_at(f"{at}/country", "Country not found."))
    return errors


def complete_address(world: World, address: dict[str, Any]) -> dict[str, Any]:
    """The address as it is shown: known country and state spelled out, flags and number added.

    One that was read before and is sent again keeps its id and number.
    """
    completed: dict[str, Any] = {"id": str(address.get("id") or new_id())}
    for name, sent in address.items():
        if sent and (read := _READ.get(name)) and (part := read(sent)):
            completed[name] = part
    if world.settings.address_locations:
        completed.setdefault("location", _locate(address))
    complete = "address1" in completed and ("suburb" in completed or "city" in completed)
    number = read_text(mapping(address.get("references")).get("numericId")) if address.get("id") else None
    return {
        **completed,
        "enabled": True,
        "approved": complete,
        "draft": not complete,
        "starred": False,
        "references": {"numericId": number or str(world.next_seq())},
    }


def _complete_state(sent: Any) -> dict[str, str]:
    """By code, else by name; a state that says neither is none."""
    state = mapping(sent)
    code, name = read_text(state.get("code")), read_text(state.get("name"))
    for known_code, known_name in _STATES.items():
        if (code and code.upper() == known_code) or (not code and name and name.casefold() == known_name.casefold()):
            return {"name": known_name, "code": known_code}
    return {key: text for key, text in (("code", code), ("name", name)) if text}


def _locate(address: dict[str, Any]) -> dict[str, str]:
    """Made-up coordinates, the same for the same street."""
    street = zlib.crc32(f"{address.get('address1')}{address.get('postcode')}".encode())
    return {"lat": f"-{20 + street % 1_800 / 100:.2f}", "lon": f"{115 + street // 1_800 % 3_800 / 100:.2f}"}


# What an address has, and how each part is read.
_READ: dict[str, Callable[[Any], Any]] = {
    "companyName": read_text,
    "contactName": read_text,
    "address1": read_text,
    "address2": read_text,
    "suburb": read_text,
    "city": read_text,
    "state": _complete_state,
    "postcode": read_text,
    "country": find_country,
    "location": mapping,
    "phone": read_text,
    "email": read_text,
    "properties": mapping,
}
