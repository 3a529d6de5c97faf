"""What makes a call from outside authentic, and how much of it is kept. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

FORMER_KEY_LIVES = timedelta(days=14)
"""How long a replaced key goes on working: its new holder is a person elsewhere, who takes days."""

HINTS_KEPT_FOR = timedelta(days=14)
HINTS_KEPT = 1000
"""How many calls are kept of a channel at most, the newest; trimmed every hundred calls."""
TRIMMED_EVERY = 100

KEPT_CHARACTERS = 16_384
REFUSAL_NOTED_EVERY = timedelta(minutes=1)
"""A flood of refused calls is not a flood of writes."""


def digest_of(secret: str) -> str:
    """What is kept of a token or key in its stead; both are random and long, so no salt is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


NOBODYS = digest_of("")
"""What keys are compared with where there is none to compare with, so that both take the same time."""


def is_authentic(
    presented: Iterable[str], *, key_digest: str, former_digest: str, former_until: datetime | None, now: datetime
) -> bool:
    """Say whether one of the keys presented is the channel's, or its former one while that still works.

    Everything is compared with everything in constant time, whatever the outcome.
    """
    former = former_digest if former_digest and former_until is not None and now < former_until else NOBODYS
    found = False
    for key in presented:
        digest = digest_of(key)
        for known in (key_digest, former):
            found |= compare_digest(digest, known) and known != NOBODYS
    return found
