"""A caller's connection: a public call is answered in one piece, and at once where nothing has to be waited for."""

import asyncio
from functools import lru_cache
from typing import Any

from starlette.types import Scope
from uvicorn._types import HTTPScope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from cartoncloud_simulator.api.gate import Gate

_PUBLIC = ("/tenants/", "/uaa/")


def is_public(scope: Scope | HTTPScope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).startswith(_PUBLIC)


class Connection:
    """A transport; what is written between `hold` and `release` leaves in one piece, and wakes the caller once."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def hold(self) -> None:
        self._held = []

    def release(self) -> None:
        held, self._held = self._held, None
        if held:
            self._transport.write(b"".join(held))

    def write(self, data: bytes) -> None:
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def close(self) -> None:
        self.release()
        self._transport.close()


class Protocol(HttpToolsProtocol):
    """Gives no task to a public call that can be answered as soon as it is whole; any other takes the usual way.

    A request can reach its own connection, for faults that cut it.
    """

    def __init__(self, gate: Gate, **more: Any) -> None:
        super().__init__(**more)
        self._gate = gate
        self._unstarted: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Connection(transport))  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Scope | Any = self.scope
        scope["cartoncloud.connection"] = self.transport

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        # The rest of a large body is read only when somebody asks for it.
        if self._unstarted is not None and len(self.cycle.body) > HIGH_WATER_LIMIT:
            self._start()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._unstarted is not None and not self._answer_at_once():
            self._start()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        waits = cycle.more_body and not cycle.waiting_for_100_continue and cycle.scope["method"] != "HEAD"
        if waits and is_public(cycle.scope):
            self._unstarted = cycle
        else:
            super()._start_asgi_task(cycle, app)

    def _start(self) -> None:
        cycle, self._unstarted = self._unstarted, None
        if cycle is not None:
            super()._start_asgi_task(cycle, self.app)

    def _answer_at_once(self) -> bool:
        """Whether the call could be answered without a task."""
        cycle = self.cycle
        scope: Scope | Any = cycle.scope
        found = None if self.flow.write_paused else self._gate.answer_at_once(scope, bytes(cycle.body))
        if found is None:
            return False
        self._unstarted = None
        status, head, body = found
        cycle.response_started = cycle.response_complete = True
        try:
            lines = [_write_header(name, value) for name, value in head]
        except ValueError:
            self.logger.exception("The answer cannot be sent")
            self.transport.close()
            return True
        closing = b"" if cycle.keep_alive else b"connection: close\r\n"
        length = b"content-length: %d\r\n" % len(body)
        self.transport.write(b"".join((STATUS_LINE[status], *lines, length, closing, b"\r\n", body)))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()
        return True


@lru_cache(maxsize=1024)
def _write_header(name: bytes, value: bytes) -> bytes:
    if HEADER_VALUE_RE.search(value):
        raise ValueError(f"The header {name.decode()} holds what no header may")
    return b"%b: %b\r\n" % (name, value)
