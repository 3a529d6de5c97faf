"""What is known of somebody goods are sent to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType

CustomerId = NewType("CustomerId", int)

LONGEST_CODE = 100
LONGEST_NAME = 200

PERSONAL_FIELDS = ("name", "ship_to")
"""The columns of a customer that say who somebody is."""


@dataclass(frozen=True)
class CustomerContent:
    """A customer by the account's code; `ship_to` has the parts of an address, as an order's. Personal data."""

    code: str
    name: str
    ship_to: Mapping[str, str]
    references: Mapping[str, str]
