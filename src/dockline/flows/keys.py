"""Rotate the key that encrypts secrets: a new one is made, and everything is encrypted anew with it."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from dockline.domain.channels import operations as channels
from dockline.domain.webhooks import operations as webhooks
from dockline.kit import crypto


def rotate_keys() -> int:
    """Add a key and encrypt everything with it; return how many texts. Raises NotNow, KeyProblem.

    Processes that run meanwhile read the new key when they first meet it. Former keys stay, for copies of the past.
    """
    path = Path(settings.DATA_ROOT) / "keys.json"
    crypto.add_key(path)
    return _encrypt_anew(crypto.load_key_ring(path))


def encrypt_anew() -> int:
    """Encrypt everything with the key that is current already; for keys that come from the environment."""
    return _encrypt_anew(settings.KEY_RING)


@transaction.atomic
def _encrypt_anew(ring: crypto.KeyRing) -> int:
    return channels.reseal_all(ring) + webhooks.reseal_all(ring)
