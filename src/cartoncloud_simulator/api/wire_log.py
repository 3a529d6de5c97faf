"""The wire log: every public request and answer as it passed, and every webhook, with nothing secret in it.

The newest are kept in memory and, with a data folder, all of them in a file. Long bodies are cut.
"""

import re
import time
from collections import deque
from collections.abc import Iterable
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote_plus

import msgspec
from starlette.types import Scope

from cartoncloud_simulator.api.call import Answer, Operation
from cartoncloud_simulator.weather.faults import Fault
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.journal import AppendFile
from cartoncloud_simulator.world.world import World

LOST = "lost"
_MOST_KEPT = 2_000
_LONGEST_BODY = 8_192
_LARGEST_FILE = 256 * 1024 * 1024
_MASK = "•••"
_OPEN_HEADERS = {
    b"accept",
    b"accept-version",
    b"allow",
    b"content-length",
    b"content-type",
    b"date",
    b"host",
    b"if-match",
    b"link",
    b"page-number",
    b"page-size",
    b"prefer",
    b"preference-applied",
    b"retry-after",
    b"total-elements",
    b"total-pages",
    b"user-agent",
}
_OPEN_FORM_FIELDS = ("grant_type", "response_type", "state")
_SECRET_NAMES = re.compile(r"secret|token|key|code|password|auth|signature", re.IGNORECASE)
_TOKEN = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")


class Passage(NamedTuple):
    """One request and what came of it, as raw as the server has it."""

    scope: Scope
    label: str
    operation: Operation | None
    body: bytes
    answer: Answer | None
    began: float
    fault: Fault | None


class WireLog:
    """Numbered entries; written out when somebody looks, or at once where there is a file."""

    def __init__(self, world: World, folder: FilePath | None) -> None:
        self._world = world
        self._entries: deque[tuple[int, float, float, Passage | dict[str, Any]]] = deque(maxlen=_MOST_KEPT)
        self._path = folder / "wire.jsonl" if folder else None
        self._file = AppendFile(self._path) if self._path else None
        self._size = 0
        self.seq = 0
        if self._file:
            kept = self._file.drop_torn_end()
            self._size = len(kept)
            self.seq = _last_number(kept)

    def add(self, passage: Passage) -> None:
        """Keep a request of the public API."""
        self._keep(passage, time.perf_counter() - passage.began)

    def add_sent(self, facts: dict[str, Any], seconds: float) -> None:
        """Keep something the simulator sent itself, its secrets already left out."""
        self._keep(facts, seconds)

    def read(self, after: int = 0, limit: int | None = None) -> bytes:
        """JSON lines of what is in memory, from after a number, oldest first."""
        skipped = max(0, after - (self.seq - len(self._entries)))
        wanted = islice(self._entries, skipped, None if limit is None else skipped + limit)
        return b"".join(self._encode(*entry) for entry in wanted)

    def read_all(self) -> bytes:
        """Everything kept: the file where there is one."""
        return self._path.read_bytes() if self._path else self.read()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _keep(self, what: Passage | dict[str, Any], seconds: float) -> None:
        self.seq += 1
        entry = self.seq, self._world.clock.seconds(), seconds, _shorten(what)
        self._entries.append(entry)
        if self._file:
            self._write(self._encode(*entry))

    def _write(self, line: bytes) -> None:
        assert self._file and self._path
        if self._size + len(line) > _LARGEST_FILE:
            self._file.close()
            self._path.replace(self._path.with_name("wire.1.jsonl"))
            self._file, self._size = AppendFile(self._path), 0
        self._file.append(line)
        self._size += len(line)

    def _encode(self, seq: int, at: float, seconds: float, what: Passage | dict[str, Any]) -> bytes:
        facts = _describe(what) if isinstance(what, Passage) else what
        head = {"seq": seq, "at": clock.format_precise_time(at), "milliseconds": round(seconds * 1000, 3)}
        line = msgspec.json.encode({**head, **facts}) + b"\n"
        if b"eyJ" in line:
            line = _TOKEN.sub(_MASK.encode(), line)
        for secret in self._world.secrets:
            line = line.replace(secret.encode(), _MASK.encode())
        return line


def _shorten(what: Passage | dict[str, Any]) -> Passage | dict[str, Any]:
    """Let go of what is beyond the bound, so that it is not kept in memory either."""
    if not isinstance(what, Passage):
        return what
    answer = what.answer
    if len(what.body) > _LONGEST_BODY:
        what = what._replace(body=what.body[:_LONGEST_BODY])
    if answer is not None and len(answer.body) > _LONGEST_BODY:
        what = what._replace(answer=Answer(answer.status, answer.body[:_LONGEST_BODY], answer.headers))
    return what


def _describe(passage: Passage) -> dict[str, Any]:
    scope, answer = passage.scope, passage.answer
    facts: dict[str, Any] = {
        "direction": "in",
        "operation": passage.operation.name if passage.operation else None,
        "method": scope["method"],
        "path": scope["path"],
    }
    if scope["query_string"]:
        facts["query"] = _show_form(scope["query_string"].decode("latin-1"), _hides_secret_names)
    is_open = passage.operation is not None and passage.operation.is_open
    body = passage.body.decode("utf-8", "replace")
    if is_open:
        body = _show_form(body, lambda name: name not in _OPEN_FORM_FIELDS)
    facts["request"] = {"headers": _show_headers(scope["headers"]), "body": body}
    facts["status"] = answer.status if answer else LOST
    if answer is not None:
        named = ((name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items())
        facts["answer"] = {"headers": _show_headers(named), "body": answer.body.decode("utf-8", "replace")}
    if passage.fault is not None:
        facts["weather"] = msgspec.to_builtins(passage.fault)
    return facts


def _show_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers known to be harmless as they are; of any other only that it was there."""
    shown = {}
    for name, value in headers:
        text = value.decode("latin-1")
        if name == b"authorization":
            text = f"{text.partition(' ')[0]} {_MASK}" if " " in text else _MASK
        elif name not in _OPEN_HEADERS:
            text = _MASK
        shown[name.decode("latin-1")] = text
    return shown


def _hides_secret_names(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _show_form(text: str, hides: Any) -> str:
    fields = parse_qsl(text, keep_blank_values=True)
    return "&".join(f"{quote_plus(name)}={_MASK if hides(name) else quote_plus(value)}" for name, value in fields)


def _last_number(lines: bytes) -> int:
    last = lines.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return int(msgspec.json.decode(last)["seq"]) if last else 0
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0
