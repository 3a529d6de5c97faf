"""What a connector is given to work with: one HTTP door, a clock and a small durable store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class HttpResponse:
    """A complete answer: any status, all of the body. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """The only way out. Time-outs, size limits, redaction, the record of the call and the pace are inside."""

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
        """Send one request, once, within one total deadline; redirects are not followed.

        `writes` says that repeating it could do something twice: a failure after the first byte then raises
        `OutcomeUnknown`, otherwise `NotReached`. `pace` names a limit of the spec to keep to before sending.
        """


class Store(Protocol):
    """Small texts a connector wants to find again, kept per channel and encrypted: tokens, resolved ids."""

    def get(self, key: str) -> str | None:
        """Return what was put under the key, unless it has expired."""

    def put(self, key: str, value: str, *, expires_at: datetime | None = None) -> None:
        """Keep a text under a key, replacing what was there."""

    def forget(self, key: str) -> None:
        """Drop a key; absent is fine."""


class Runtime(Protocol):
    """Everything a connector may use of its surroundings."""

    @property
    def http(self) -> Http:
        """The door out."""

    @property
    def store(self) -> Store:
        """The channel's own store."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    def redact(self, text: str) -> str:
        """Return a text of the far side with every secret of the channel masked, those it had before included."""
