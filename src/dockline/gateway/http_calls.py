"""The record of one request and its answer, fit to be kept: no secret and no personal data in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from dockline.connectors.toolkit.redaction import Redactor

_REQUEST_HEADERS = frozenset({"accept", "accept-version", "content-type", "prefer", "if-match"})
_RESPONSE_HEADERS = frozenset(
    {
        "content-type",
        "content-length",
        "content-encoding",
        "date",
        "retry-after",
        "total-pages",
        "total-elements",
        "page-number",
        "page-size",
        "preference-applied",
        "etag",
        "x-request-id",
        "x-correlation-id",
        "x-amzn-requestid",
        "cf-ray",
    }
)


@dataclass(frozen=True)
class Call:
    """One request that was tried. `status` is None when no answer came; `error` then says why.

    The bodies are redacted when read, so that a call nobody keeps costs nothing.
    """

    method: str
    url: str
    status: int | None
    started_at: datetime
    duration_ms: float
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    error: str
    _redactor: Redactor = field(repr=False, compare=False)
    _request_body: bytes = field(repr=False, compare=False)
    _response_body: bytes = field(repr=False, compare=False)

    def measure_apart(self) -> timedelta | None:
        """How far the far side's clock is ahead of this machine's; None where its answer does not say."""
        try:
            said = parsedate_to_datetime(self.response_headers.get("date", ""))
        except ValueError:
            return None
        return said - self.started_at if said.tzinfo else None

    @property
    def request_body(self) -> str:
        """What was sent, redacted."""
        return self._redactor.body(self._request_body)

    @property
    def response_body(self) -> str:
        """What came back, as far as it came, redacted and cut to size."""
        return self._redactor.body(self._response_body)


def record(
    *,
    method: str,
    url: str,
    status: int | None,
    started_at: datetime,
    duration_ms: float,
    request: tuple[Mapping[str, str], bytes],
    response: tuple[Mapping[str, str], bytes],
    error: str,
    redactor: Redactor,
) -> Call:
    """Make the record. The credentials of this very call are redacted too, should the far side repeat them."""
    redactor = redactor.also(*_credentials(request[0]))
    return Call(
        method=method,
        url=redactor.text(url),
        status=status,
        started_at=started_at,
        duration_ms=duration_ms,
        request_headers=_kept(request[0], _REQUEST_HEADERS, redactor),
        response_headers=_kept(response[0], _RESPONSE_HEADERS, redactor),
        error=redactor.text(error),
        _redactor=redactor,
        _request_body=request[1],
        _response_body=response[1],
    )


def _kept(headers: Mapping[str, str], names: frozenset[str], redactor: Redactor) -> dict[str, str]:
    return {
        name.lower(): redactor.text(value)[:500] for name, value in sorted(headers.items()) if name.lower() in names
    }


def _credentials(headers: Mapping[str, str]) -> list[str]:
    values = [value for name, value in headers.items() if name.lower() == "authorization"]
    return [part for value in values for part in value.split()[-1:]]
