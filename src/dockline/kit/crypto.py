"""Secrets at rest: authenticated encryption, bound to the place it stands in, keys outside the database."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dockline.kit.errors import NotNow

KEYS_ENV = "DOCKLINE_KEYS"


class KeyProblem(NotNow):
    """What was encrypted cannot be read with this installation's keys."""


class KeyMissing(KeyProblem):
    """The key that encrypted this value is not in the key ring. Restore the keys file; never make a new one."""


class NotAuthentic(KeyProblem):
    """The encrypted value was changed, or moved from the place it belongs to."""


@dataclass(frozen=True)
class KeyRing:
    """The keys of this installation: `current` encrypts, all decrypt, `signing` signs sessions.

    `reload` reads them anew: a process that started before the keys were rotated meets a key it does not know.
    `lacking` says why there are no keys, and then nothing can be encrypted or read.
    """

    current: str
    keys: dict[str, bytes]
    signing: str
    lacking: str = ""
    reload: "Callable[[], KeyRing] | None" = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"KeyRing(current={self.current!r}, {len(self.keys)} keys)"

    def encrypt(self, value: str, *, bound_to: str) -> str:
        """Encrypt a text so that it can only be read back with the same `bound_to`, such as `channel:7:secret`.

        Raises KeyMissing where there are no keys.
        """
        if self.lacking:
            raise KeyMissing(self.lacking)
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, value.encode(), bound_to.encode())
        return f"{self.current}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, token: str, *, bound_to: str) -> str:
        """Return what was encrypted. Raises KeyMissing or NotAuthentic."""
        if self.lacking:
            raise KeyMissing(self.lacking)
        key_id, _, body = token.partition(":")
        if key_id not in self.keys and self.reload is not None:
            self.keys.update(self.reload().keys)
        if key_id not in self.keys:
            raise KeyMissing(f"Key {key_id!r} is not among the keys of this installation.")
        raw = base64.b64decode(body)
        try:
            return AESGCM(self.keys[key_id]).decrypt(raw[:12], raw[12:], bound_to.encode()).decode()
        except InvalidTag:
            raise NotAuthentic("An encrypted value does not belong where it stands.") from None


def load_key_ring(path: Path) -> KeyRing:
    """Read the key ring from the environment, else from the file, which is made where it is missing (mode 0600)."""
    if text := os.environ.get(KEYS_ENV):
        return _read(text)
    if not path.exists():
        _create(path)
    return replace(_read(path.read_text()), reload=lambda: _read(path.read_text()))


def without_keys(why: str) -> KeyRing:
    """Return a ring that has no keys and says why; it signs what lives no longer than this process."""
    return KeyRing(current="", keys={}, signing=secrets.token_urlsafe(48), lacking=why)


def make_keys(path: Path) -> None:
    """Make a keys file on purpose, where the former one is gone for good. Raises NotNow when there are keys."""
    if path.exists() or os.environ.get(KEYS_ENV):
        raise NotNow("There are keys; to replace the one that is current, rotate them.")
    _create(path)


def add_key(path: Path) -> str:
    """Add a new key to the file and let it encrypt from now on; return its name. The former keys go on decrypting.

    Raises NotNow when the keys come from the environment, which nobody but the operator can change.
    """
    if os.environ.get(KEYS_ENV):
        raise NotNow(f'The keys come from {KEYS_ENV}: add a key there, name it in "current", and restart first.')
    if not path.exists():
        raise NotNow(f"{path.name} is missing: put it back first.")
    ring = json.loads(path.read_text())
    key_id = _name_key()
    ring["keys"][key_id] = base64.b64encode(AESGCM.generate_key(256)).decode()
    draft = _write(path, {**ring, "current": key_id})
    draft.replace(path)
    return key_id


def _read(text: str) -> KeyRing:
    found = json.loads(text)
    keys = {key_id: base64.b64decode(key) for key_id, key in found["keys"].items()}
    return KeyRing(current=found["current"], keys=keys, signing=found["signing"])


def _name_key() -> str:
    # A name of its own: a ring made anew must never be taken for the one that was lost.
    return f"k-{secrets.token_hex(4)}"


def _write(path: Path, ring: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(ring, file)
    return draft


def _create(path: Path) -> None:
    key_id = _name_key()
    ring: dict[str, object] = {
        "current": key_id,
        "keys": {key_id: base64.b64encode(AESGCM.generate_key(256)).decode()},
        "signing": secrets.token_urlsafe(48),
    }
    draft = _write(path, ring)
    try:
        # Two processes may start at once: the first link wins and both read the same file.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
