"""Finds this installation's keys; new ones are made for new data alone, never beside what others have sealed."""

import os
from pathlib import Path
from typing import LiteralString

import psycopg

from dockline.kit.crypto import KEYS_ENV, KeyRing, load_key_ring, without_keys

SEALED: tuple[tuple[str, LiteralString], ...] = (
    ("channels_channel", "SELECT FROM channels_channel WHERE secrets <> '{}' LIMIT 1"),
    ("channels_storedtext", "SELECT FROM channels_storedtext LIMIT 1"),
    ("webhooks_endpoint", "SELECT FROM webhooks_endpoint LIMIT 1"),
)
"""The tables that hold what was encrypted, and how to see whether they do."""
ANSWERS_WITHIN_SECONDS = 5
REPAIR = "put it back and start Dockline again. Where it is gone for good, make new ones: dockline keys new."


def find_key_ring(path: Path, database_url: str) -> KeyRing:
    """Read the keys, or make them where nothing was ever encrypted; else go without any, and say why."""
    if os.environ.get(KEYS_ENV) or path.exists():
        return load_key_ring(path)
    why = _say_why_not(database_url)
    return without_keys(f"{path.name} is missing, {why}: {REPAIR}") if why else load_key_ring(path)


def _say_why_not(database_url: str) -> str:
    """Say why no keys may be made; empty when they may."""
    try:
        with psycopg.connect(database_url, connect_timeout=ANSWERS_WITHIN_SECONDS) as session:
            for table, find_sealed in SEALED:
                exists = session.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
                if exists and session.execute(find_sealed).fetchone() is not None:
                    return "and the database has secrets that it encrypted"
    except psycopg.OperationalError:
        return "and the database could not be asked whether it has secrets that it encrypted"
    return ""
