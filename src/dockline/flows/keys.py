"""The keys that encrypt secrets: rotate them, and everything is encrypted anew; or make new ones where all are lost."""

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
    path = _path()
    crypto.add_key(path)
    return _encrypt_anew(crypto.load_key_ring(path))


def make_keys() -> None:
    """Make keys in place of those that are gone for good. Raises NotNow while there are any."""
    crypto.make_keys(_path())


def encrypt_anew() -> int:
    """Encrypt everything with the key that is current already; for keys that come from the environment."""
    return _encrypt_anew(settings.KEY_RING)


@transaction.atomic
def _encrypt_anew(ring: crypto.KeyRing) -> int:
    return channels.reseal_all(ring) + webhooks.reseal_all(ring)


def _path() -> Path:
    return Path(settings.DATA_ROOT) / "keys.json"
