"""Secrets at rest: bound to their place, lost without their key, and the keys are nobody else's to read."""

import base64
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dockline.kit.crypto import KEYS_ENV, KeyMissing, KeyRing, NotAuthentic, load_key_ring


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyRing:
    monkeypatch.delenv(KEYS_ENV, raising=False)
    return load_key_ring(tmp_path / "keys.json")


@pytest.mark.parametrize("secret", ["", "s3cret", "Ünïcødé ✓\n", "x" * 10_000])
def test_what_went_in_comes_out_in_its_place(ring: KeyRing, secret: str) -> None:
    sealed = ring.encrypt(secret, bound_to="channel:7:secret:a")
    assert ring.decrypt(sealed, bound_to="channel:7:secret:a") == secret
    assert not secret or secret not in sealed


def test_the_same_secret_never_looks_the_same(ring: KeyRing) -> None:
    assert ring.encrypt("a", bound_to="x") != ring.encrypt("a", bound_to="x")


@pytest.mark.parametrize("place", ["channel:8:secret:a", "channel:7:secret:b", "channel:7:text:a", ""])
def test_a_moved_secret_is_refused(ring: KeyRing, place: str) -> None:
    sealed = ring.encrypt("s3cret", bound_to="channel:7:secret:a")
    with pytest.raises(NotAuthentic) as refusal:
        ring.decrypt(sealed, bound_to=place)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("position", [0, 12, 20, -1])
def test_a_changed_secret_is_refused(ring: KeyRing, position: int) -> None:
    key_id, _, body = ring.encrypt("s3cret", bound_to="x").partition(":")
    raw = bytearray(base64.b64decode(body))
    raw[position] ^= 1
    with pytest.raises(NotAuthentic):
        ring.decrypt(f"{key_id}:{base64.b64encode(bytes(raw)).decode()}", bound_to="x")


def test_without_its_key_a_secret_is_lost_and_said_to_be(ring: KeyRing) -> None:
    sealed = ring.encrypt("s3cret", bound_to="x")
    other = KeyRing("k2", {"k2": b"2" * 32}, "signing")
    with pytest.raises(KeyMissing, match="k-"):
        other.decrypt(sealed, bound_to="x")


def test_an_older_key_goes_on_reading(ring: KeyRing) -> None:
    sealed = ring.encrypt("s3cret", bound_to="x")
    turned = replace(ring, current="k2", keys={**ring.keys, "k2": b"2" * 32})
    assert turned.decrypt(sealed, bound_to="x") == "s3cret"
    assert turned.encrypt("s3cret", bound_to="x").startswith("k2:")


def test_no_key_is_in_a_repr(ring: KeyRing) -> None:
    said = repr(ring)
    for secret in (ring.signing, repr(ring.keys[ring.current]), base64.b64encode(ring.keys[ring.current]).decode()):
        assert secret not in said


def test_the_file_is_made_once_and_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYS_ENV, raising=False)
    path = tmp_path / "deep" / "er" / "keys.json"
    before = os.umask(0)
    try:
        first = load_key_ring(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]
    assert load_key_ring(path) == first
    assert len(first.keys[first.current]) == 32


def test_keys_of_the_environment_come_first_and_make_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = base64.b64encode(b"9" * 32).decode()
    monkeypatch.setenv(KEYS_ENV, json.dumps({"current": "e1", "keys": {"e1": key}, "signing": "s"}))
    assert load_key_ring(tmp_path / "keys.json") == KeyRing("e1", {"e1": b"9" * 32}, "s")
    assert list(tmp_path.iterdir()) == []


def test_who_comes_second_uses_the_keys_of_the_first(
    ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It looked before the first had written.
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert load_key_ring(tmp_path / "keys.json") == ring
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


def test_processes_that_start_at_once_read_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load = (
        "import sys, pathlib\n"
        "from dockline.kit.crypto import load_key_ring\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(load_key_ring(pathlib.Path(sys.argv[1])).signing)"
    )
    plain = {name: value for name, value in os.environ.items() if name != KEYS_ENV}
    several = [
        subprocess.Popen(
            [sys.executable, "-c", load, str(path)], env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        for process in several:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        assert not path.exists()
        for process in several:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        signing = {process.communicate(timeout=20)[0] for process in several}
    finally:
        for process in several:
            process.kill()
            process.wait()
    assert len(signing) == 1 and signing != {""}
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]
