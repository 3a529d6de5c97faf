"""How carriers and services are named. Pure."""

from dataclasses import dataclass

LONGEST_CODE = 100
LONGEST_NAME = 200
COLUMNS = ("carrier", "carrier_name", "service", "service_name")
"""The columns of the file; a row without a service is the carrier itself."""


@dataclass(frozen=True)
class CarrierLine:
    """One line of the master list: a carrier, or with `service` one of its services."""

    carrier: str
    carrier_name: str
    service: str = ""
    service_name: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a line cannot be taken. `field` is the column."""

    field: str
    reason: str


def find_trouble(line: CarrierLine) -> Trouble | None:
    """Say what is wrong with a line by itself, if anything."""
    if not line.carrier.strip():
        return Trouble("carrier", "is empty. Give the carrier's code")
    if line.service_name and not line.service:
        return Trouble("service", "is empty, but the service has a name. Give the service's code")
    longest = {
        "carrier": LONGEST_CODE,
        "carrier_name": LONGEST_NAME,
        "service": LONGEST_CODE,
        "service_name": LONGEST_NAME,
    }
    for field, most in longest.items():
        value: str = getattr(line, field)
        if len(value) > most:
            return Trouble(field, f"is {len(value):,} characters long; at most {most} fit")
    return None
