"""Connections to one address, kept between requests, each lent to one request at a time.

httpcore2's own pool looks at all its connections before and after every request, which costs more than the request.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore2

from dockline.gateway.http_sockets import shared_tls

_CONNECTIONS = 20
_KEEP_ALIVE_SECONDS = 15.0


class Connections:
    """The connections of one door. Thread safe; the one that was given back last is lent first."""

    def __init__(self, address: str, *, backend: httpcore2.NetworkBackend) -> None:
        self._address = address
        self._tls = shared_tls() if address.startswith("https:") else None
        self._backend = backend
        self._places = threading.BoundedSemaphore(_CONNECTIONS)
        self._lock = threading.Lock()
        self._open: set[httpcore2.HTTPConnection] = set()
        self._idle: list[httpcore2.HTTPConnection] = []

    @contextmanager
    def lend(self, *, wait_seconds: float) -> Iterator[httpcore2.HTTPConnection]:
        """Lend a connection that nobody else uses meanwhile. Raises `PoolTimeout` when all stay busy for so long."""
        if not self._places.acquire(timeout=wait_seconds):
            raise httpcore2.PoolTimeout
        try:
            connection = self._take() or self._make()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close all of them, those on loan too."""
        with self._lock:
            closing, self._open, self._idle = self._open, set(), []
        for connection in closing:
            connection.close()

    def _take(self) -> httpcore2.HTTPConnection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or not connection.has_expired():
                return connection
            self._drop(connection)

    def _make(self) -> httpcore2.HTTPConnection:
        connection = httpcore2.HTTPConnection(
            httpcore2.URL(self._address).origin,
            ssl_context=self._tls,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            retries=0,
            network_backend=self._backend,
        )
        with self._lock:
            self._open.add(connection)
        return connection

    def _give_back(self, connection: httpcore2.HTTPConnection) -> None:
        with self._lock:
            is_kept = connection.is_available() and connection in self._open
            if is_kept:
                self._idle.append(connection)
            # Those at the other end are hardly ever lent: they would stay open for ever.
            oldest = self._idle.pop(0) if len(self._idle) > 1 and self._idle[0].has_expired() else None
        if not is_kept:
            self._drop(connection)
        if oldest is not None:
            self._drop(oldest)

    def _drop(self, connection: httpcore2.HTTPConnection) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()
