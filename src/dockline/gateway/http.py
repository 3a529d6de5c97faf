"""The one door to the outside: sends a request once, within a deadline and a size, and tells exactly what failed.

The transport is httpcore2, the lower half of httpx2: the upper half adds redirects, cookies, proxies from the
environment and unbounded decompression, none of which may happen here.
"""

import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

import httpcore2

from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit.redaction import Redactor
from dockline.gateway import http_bodies, http_calls
from dockline.gateway.http_calls import Call
from dockline.gateway.http_connections import Connections
from dockline.gateway.http_sockets import AddressRefused, CertificateRefused, Deadline, DeadlineBackend
from dockline.kit.failpoints import Failpoint, passing

__all__ = ["Call", "HttpDoor", "origin_of"]

DEADLINE_SECONDS = 30.0
MAX_BYTES = 10 * 1024 * 1024


class HttpDoor:
    """Fulfils the contract's `Http` for one channel. Thread safe; keeps connections until closed.

    Unless it `may_be_private`, a name that leads to a private address is refused.
    `pace` is called with the name of a limit before anything is sent and may raise `NotReached`, as may `before_write`
    before a request that writes; `on_call` receives every request that was tried, already redacted.
    """

    def __init__(
        self,
        *,
        allowed_origin: str,
        redactor: Redactor,
        pace: Callable[[str], None] = lambda name: None,
        before_write: Callable[[], None] = lambda: None,
        on_call: Callable[[Call], None] = lambda call: None,
        deadline_seconds: float = DEADLINE_SECONDS,
        max_bytes: int = MAX_BYTES,
        may_be_private: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # A connector that speaks to nobody has no origin, and every request of it is refused.
        self._origin = origin_of(allowed_origin) if allowed_origin else ""
        self._redactor = redactor
        self._pace = pace
        self._before_write = before_write
        self._on_call = on_call
        self._deadline_seconds = deadline_seconds
        self._max_bytes = max_bytes
        self._now = now
        self._backend = DeadlineBackend(may_be_private=may_be_private)
        # Nothing is ever repeated: a failure on a reused connection surfaces, so reuse never sends a write twice.
        self._connections = Connections(self._origin, backend=self._backend)
        # A door that is dropped without being closed takes its connections with it.
        self._closing = weakref.finalize(self, self._connections.close)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        writes: bool = False,
        pace: str = "",
    ) -> HttpResponse:
        """Send one request, once. See the contract for what is raised."""
        if origin_of(url) != self._origin:
            raise errors.Misconfigured(
                f"Requests may only go to {self._origin or 'nobody'}; {origin_of(url)} was asked for."
            )
        if writes:
            self._before_write()
        if pace:
            self._pace(pace)

        attempt = _Attempt(method, url, headers, body, writes)
        started_at, started = self._now(), time.monotonic()
        passing(Failpoint.REQUEST_LEAVES)
        try:
            return self._exchange(attempt)
        except BaseException as error:
            attempt.error = str(error) or type(error).__name__
            raise
        finally:
            duration_ms = (time.monotonic() - started) * 1000
            self._on_call(attempt.recorded(self._redactor, started_at=started_at, duration_ms=duration_ms))
            passing(Failpoint.ANSWER_CAME)

    def close(self) -> None:
        """Close all connections; requests under way end with an error."""
        self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, attempt: "_Attempt") -> HttpResponse:
        deadline = Deadline(self._deadline_seconds)
        with (
            self._backend.bound_to(deadline),
            _failures_named(attempt, deadline),
            self._connections.lend(wait_seconds=self._deadline_seconds) as connection,
        ):
            request = connection.stream(
                attempt.method,
                _taken_apart(attempt.url),
                headers=[("Accept-Encoding", "gzip"), ("User-Agent", "Dockline"), *attempt.headers.items()],
                content=attempt.body or None,
            )
            with request as response:
                attempt.status = response.status
                attempt.response_headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
                }
                encoding = attempt.response_headers.get("content-encoding", "")
                for chunk in http_bodies.unpack(response.iter_stream(), encoding, self._max_bytes):
                    attempt.received.extend(chunk)
        if 300 <= attempt.status < 400:
            raise _redirected(attempt)
        return HttpResponse(attempt.status, attempt.response_headers, bytes(attempt.received))


@dataclass
class _Attempt:
    """What is known of one request so far; filled in as the answer arrives."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    writes: bool
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    received: bytearray = field(default_factory=bytearray, repr=False)
    error: str = ""

    def recorded(self, redactor: Redactor, *, started_at: datetime, duration_ms: float) -> Call:
        return http_calls.record(
            method=self.method,
            url=self.url,
            status=self.status,
            started_at=started_at,
            duration_ms=duration_ms,
            request=(self.headers, self.body),
            response=(self.response_headers, bytes(self.received)),
            error=self.error,
            redactor=redactor,
        )


@contextmanager
def _failures_named(attempt: _Attempt, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except httpcore2.LocalProtocolError:
        # We built something that is not HTTP: a bug of ours, refused before a byte was sent.
        raise
    except (
        httpcore2.NetworkError,
        httpcore2.TimeoutException,
        httpcore2.RemoteProtocolError,
        httpcore2.ConnectionNotAvailable,
        http_bodies.BodyBroken,
        http_bodies.BodyTooLarge,
    ) as failure:
        raise _named(attempt, failure, spoken=deadline.spoken) from failure


def _named(attempt: _Attempt, failure: Exception, *, spoken: bool) -> errors.ConnectorError:
    words = (str(failure) or type(failure).__name__).rstrip(".")
    if isinstance(failure, AddressRefused):
        return errors.Misconfigured(f"{words}. Only the operator of this server may allow it.", field="api_url")
    if isinstance(failure, httpcore2.PoolTimeout):
        words = "Too many requests to this system are under way"
    if isinstance(failure, httpcore2.ConnectionNotAvailable):
        words = "The connection was closed before anything was said"
    if spoken and attempt.writes:
        return errors.OutcomeUnknown(f"It was sent, but the answer is missing. {words}.")
    if isinstance(failure, http_bodies.BodyBroken | http_bodies.BodyTooLarge):
        return errors.Unreadable(f"{words}.")
    return errors.NotReached(f"{words}.", distrusted=isinstance(failure, CertificateRefused))


def _redirected(attempt: _Attempt) -> errors.ConnectorError:
    # Where to is not repeated: a redirect may carry what we sent.
    words = f"The address answered with a redirect ({attempt.status}), which is never followed"
    if attempt.writes:
        return errors.OutcomeUnknown(f"{words}. Whether anything was done is not known.")
    return errors.Misconfigured(f"{words}. Check the address.")


def _taken_apart(url: str) -> httpcore2.URL:
    # Its parts are known from the look at its origin: httpcore2 would find them again, in bytes, for more than a look
    # at the answer costs.
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return httpcore2.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target)


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address. Raises `Misconfigured` when it has no such thing or a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        if not parts.hostname or "@" in parts.netloc:
            raise ValueError
    except (ValueError, KeyError):
        raise errors.Misconfigured("This is not an address that can be called.") from None
    return f"{parts.scheme}://{parts.hostname}:{port}"
