"""The real application behind a real server, in a thread of the test's own process."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import uvicorn
from django.db import connections

START_SECONDS = 20


@contextmanager
def running_web() -> Iterator[str]:
    """Serve Dockline for as long as the context lasts; yields its address."""
    # Made when it is first asked for: it looks at the settings of the test. What it says to a process of its own is not
    # for this one.
    with mock.patch.dict(os.environ):
        from dockline.config.asgi import application

    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            ready.set()

    server = Server(uvicorn.Config(application, port=0, log_level="error", access_log=False, ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, name="dockline-web", daemon=True)
    thread.start()
    try:
        assert ready.wait(START_SECONDS), "The web server did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        connections.close_all()
