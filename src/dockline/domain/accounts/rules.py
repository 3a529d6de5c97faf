"""How accounts are named. Pure."""

import re
from typing import NewType

AccountId = NewType("AccountId", int)

MARKER_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters that are not mistaken for digits."""


def derive_code(name: str) -> str:
    """Derive an account's permanent code from its name: `My Account` becomes `MY-ACCOUNT`."""
    return re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")[:60]
