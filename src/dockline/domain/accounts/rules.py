"""How accounts are named, and how keys are recognised. Pure."""

import hashlib
import re
from typing import NewType

AccountId = NewType("AccountId", int)

MARKER_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters that are not mistaken for digits."""


def derive_code(name: str) -> str:
    """Derive an account's permanent code from its name: `My Account` becomes `MY-ACCOUNT`."""
    return re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")[:60]


KEY_PREFIX = "dk_"
"""What every API key begins with, so that one is known where it should not be."""


def digest_key(key: str) -> str:
    """What is stored of an API key. It is as random as a key can be, so a plain digest gives nothing away."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
