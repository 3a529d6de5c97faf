"""The HTTP server around one simulator."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import AsyncIterator, Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cartoncloud_simulator.api import routes as api_routes
from cartoncloud_simulator.connection import Protocol, is_public
from cartoncloud_simulator.control import routes as control_routes
from cartoncloud_simulator.panel import routes as panel_routes
from cartoncloud_simulator.simulator import Simulator

_GRACE_SECONDS = 2
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
        app = App(simulator)
        super().__init__(
            uvicorn.Config(
                app,
                http=functools.partial(Protocol, app.gate),  # type: ignore[arg-type]
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
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets=sockets)
        else:
            # Uvicorn lets a tenth of a second pass for those who are connected.
            for server in self.servers:
                server.close()
            for listening in sockets or []:
                listening.close()
            await self.lifespan.shutdown()
        # A stop that was asked for is a success; the signal is not raised once more.
        self._captured_signals.clear()


class App:
    """The public API by its gate, everything else by Starlette."""

    def __init__(self, simulator: Simulator) -> None:
        self.gate = api_routes.build_gate(simulator)
        self._rest = _build_rest(simulator)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.gate if is_public(scope) else self._rest)(scope, receive, send)


def _build_rest(simulator: Simulator) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        keeping_time = asyncio.create_task(simulator.keep_time())
        simulator.webhooks.open()
        simulator.crew.resume()
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
