"""Addresses: what is checked when one comes in, and what is added when it goes out."""

import re
import zlib
from typing import Any

from cartoncloud_simulator.rules.refusals import error_at
from cartoncloud_simulator.world.world import World, new_id

_EMAIL = re.compile(r"[^.\s@][^\s@]*@[^\s@]+")
_CODE = re.compile(r"[A-Za-z]{2,3}")
_LONGEST_PHONE = 64
_COUNTRIES = (
    ("Australia", "AU", "AUS"),
    ("New Zealand", "NZ", "NZL"),
    ("United States", "US", "USA"),
    ("Canada", "CA", "CAN"),
    ("United Kingdom", "GB", "GBR"),
    ("Ireland", "IE", "IRL"),
    ("Germany", "DE", "DEU"),
    ("France", "FR", "FRA"),
    ("Netherlands", "NL", "NLD"),
    ("Austria", "AT", "AUT"),
    ("Switzerland", "CH", "CHE"),
    ("Singapore", "SG", "SGP"),
    ("Japan", "JP", "JPN"),
    ("China", "CN", "CHN"),
    ("Hong Kong", "HK", "HKG"),
    ("India", "IN", "IND"),
)
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
_FORMS = {"iso2Code": 1, "iso3Code": 2, "name": 0}


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
    if address.get("country") is not None and find_country(address["country"]) is None:
        errors.append(error_at(f"{at}/country", "Country not found."))
    return errors


def complete_address(world: World, address: dict[str, Any]) -> dict[str, Any]:
    """The address as it is shown: known country and state spelled out, flags and number added."""
    completed = {"id": new_id(), **{name: value for name, value in address.items() if value not in (None, "")}}
    if country := find_country(address.get("country")):
        completed["country"] = country
    if (state := _complete_state(address.get("state"))) is None:
        completed.pop("state", None)
    else:
        completed["state"] = state
    if world.settings.address_locations:
        completed["location"] = _locate(address)
    complete = bool(address.get("address1") and (address.get("suburb") or address.get("city")))
    return {
        **completed,
        "enabled": True,
        "approved": complete,
        "draft": not complete,
        "starred": False,
        "references": {"numericId": str(world.next_seq())},
    }


def _complete_state(state: Any) -> Any:
    """By code, else by name; a state that says neither is none."""
    if not isinstance(state, dict):
        return state
    code, name = state.get("code"), state.get("name")
    for known_code, known_name in _STATES.items():
        if code == known_code or (not code and name == known_name):
            return {"name": known_name, "code": known_code}
    return {key: value for key, value in state.items() if value} or None


def _locate(address: dict[str, Any]) -> dict[str, str]:
    """Made-up coordinates, the same for the same street."""
    street = zlib.crc32(f"{address.get('address1')}{address.get('postcode')}".encode())
    return {"lat": f"-{20 + street % 1_800 / 100:.2f}", "lon": f"{115 + street // 1_800 % 3_800 / 100:.2f}"}


def find_country(reference: Any) -> dict[str, str] | None:
    """The first form supplied must be valid; the next is not tried."""
    if not isinstance(reference, dict):
        return None
    for form, position in _FORMS.items():
        if value := reference.get(form):
            return _complete_country(form, position, str(value))
    return None


def _complete_country(form: str, position: int, value: str) -> dict[str, str] | None:
    for country in _COUNTRIES:
        if country[position].casefold() == value.casefold():
            return {"name": country[0], "iso2Code": country[1], "iso3Code": country[2]}
    # Countries the table does not spell out are taken at their code.
    if position and _CODE.fullmatch(value) and len(value) == position + 1:
        return {form: value.upper()}
    return None
