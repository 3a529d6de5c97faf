"""The HTTP server around one simulator."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cartoncloud_simulator.api import routes as api_routes
from cartoncloud_simulator.api.connection import Connection
from cartoncloud_simulator.control import routes as control_routes
from cartoncloud_simulator.panel import routes as panel_routes
from cartoncloud_simulator.simulator import Simulator

_GRACE_SECONDS = 2
_PUBLIC = ("/tenants/", "/uaa/")
_WAITING_CONNECTIONS = 2048
_TICK_SECONDS = 0.1
_LOOKS_PER_TICK = 5


class PortTaken(Exception):
    """Somebody else listens there."""


class Server(uvicorn.Server):
    """Serves until told to stop; `on_ready` runs once connections are accepted."""

    def __init__(self, simulator: Simulator, *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
        self._socket = _listen(host, port)
        bound_port = self._socket.getsockname()[1]
        shown_host = f"[{host}]" if ":" in host else host
        self.base_url = f"http://{shown_host}:{bound_port}"
        self._on_ready = on_ready
        self._simulator = simulator
        super().__init__(
            uvicorn.Config(
                build_app(simulator),
                http=_Protocol,
                ws="none",
                lifespan="on",
                access_log=False,
                log_level="warning",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )

    def run_until_stopped(self) -> None:
        self.run(sockets=[self._socket])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready(self.base_url)

    async def main_loop(self) -> None:
        """Notice a stop sooner than a whole tick: tests start and stop servers by the hundred."""
        tick = 0
        while not await self.on_tick(tick):
            tick += 1
            for _ in range(_LOOKS_PER_TICK):
                if not self.should_exit:
                    await asyncio.sleep(_TICK_SECONDS / _LOOKS_PER_TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._simulator.is_stopping = True
        await super().shutdown(sockets=sockets)
        # A stop that was asked for is a success; the signal is not raised once more.
        self._captured_signals.clear()


def build_app(simulator: Simulator) -> ASGIApp:
    """The public API by its gate, everything else by Starlette."""
    gate, rest = api_routes.build_gate(simulator), _build_rest(simulator)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_public = scope["type"] == "http" and scope["path"].startswith(_PUBLIC)
        await (gate if is_public else rest)(scope, receive, send)

    return app


def _build_rest(simulator: Simulator) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        keeping_time = asyncio.create_task(simulator.keep_time())
        simulator.webhooks.open()
        yield
        keeping_time.cancel()
        await simulator.webhooks.close()
        simulator.close()

    return Starlette(
        routes=[*control_routes.build_routes(simulator), *panel_routes.build_routes()],
        lifespan=lifespan,
        exception_handlers={404: _not_found},
    )


async def _not_found(request: Request, error: Exception) -> Response:
    return Response(b'[{"message": "Not found"}]', 404, media_type="application/json")


class _Protocol(HttpToolsProtocol):
    """Lets a request reach its own connection: to answer in one piece, or for faults that cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Connection(transport))  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Scope | Any = self.scope
        scope["cartoncloud.connection"] = self.transport


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise PortTaken(f"Cannot listen on {host} port {port}: {error.strerror}") from error
    return listening
