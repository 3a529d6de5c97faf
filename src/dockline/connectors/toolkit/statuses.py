"""The one status table: which of the seven errors an HTTP answer means.

| status                      | reading             | writing             |
|-----------------------------|---------------------|---------------------|
| 401 · 403                   | NotAuthorised       | NotAuthorised       |
| 429                         | NotReached, slow    | NotReached, slow    |
| 408 · 425 · 5xx             | NotReached          | OutcomeUnknown      |
| other 4xx                   | Refused             | Refused             |
| 4xx as a web page           | NotReached          | OutcomeUnknown      |
| anything else               | Unreadable          | OutcomeUnknown      |
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import HttpResponse

SHORTEST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 3600.0
_REQUEST_ID_HEADERS = ("x-request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray")


@dataclass(frozen=True)
class Complaint:
    """What the far side said is wrong, read from its own error format."""

    message: str = ""
    field: str = ""
    existing_id: str = ""
    detail: str = ""


def error_for(
    response: HttpResponse, *, writes: bool, complaint: Complaint, far_side: str, now: datetime
) -> errors.ConnectorError:
    """Return the error that an answer which is no success means. `far_side` is its name in the sentence."""
    status = response.status
    detail = f"HTTP {status}. {complaint.detail}".strip()
    request_id = request_id_of(response)
    said = complaint.message or f"HTTP {status}"

    if status == 429:
        return errors.NotReached(
            f"{far_side} asks us to slow down.",
            detail=detail,
            request_id=request_id,
            wait_seconds=wait_seconds(response.headers.get("retry-after", ""), now=now),
            throttled=True,
        )
    if 400 <= status < 500 and is_web_page(response):
        return _unclear(
            f"Something between us and {far_side} answered with a web page (HTTP {status}).",
            detail=detail,
            request_id=request_id,
            writes=writes,
        )
    if status in (401, 403):
        return errors.NotAuthorised(f"{far_side} did not accept us: {said}", detail=detail, request_id=request_id)
    if status in (408, 425) or status >= 500:
        return _unclear(f"{far_side} failed: {said}", detail=detail, request_id=request_id, writes=writes)
    if 400 <= status < 500:
        return errors.Refused(
            said, detail=detail, field=complaint.field, request_id=request_id, existing_id=complaint.existing_id
        )
    return unreadable(f"{far_side} answered unexpectedly: {said}", response, writes=writes, detail=detail)


def unreadable(
    message: str, response: HttpResponse, *, writes: bool, detail: str = ""
) -> errors.OutcomeUnknown | errors.Unreadable:
    """Return the error for an answer that cannot be believed: after a write, nobody knows what was done."""
    kind = errors.OutcomeUnknown if writes else errors.Unreadable
    return kind(message, detail=detail or f"HTTP {response.status}", request_id=request_id_of(response))


def wait_seconds(retry_after: str, *, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or date, clamped to between a second and an hour."""
    asked = _asked_seconds(retry_after.strip(), now)
    if asked is None:
        return None
    return min(max(asked, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)


def is_web_page(response: HttpResponse) -> bool:
    """Say whether a person's page came instead of an answer, as from a firewall or a proxy."""
    return "html" in response.headers.get("content-type", "").lower() or response.body.lstrip()[:1] == b"<"


def request_id_of(response: HttpResponse) -> str:
    """Return the far side's own id of the call, if it sent one."""
    return next((response.headers[name][:200] for name in _REQUEST_ID_HEADERS if name in response.headers), "")


def _unclear(message: str, *, detail: str, request_id: str, writes: bool) -> errors.ConnectorError:
    kind = errors.OutcomeUnknown if writes else errors.NotReached
    return kind(message, detail=detail, request_id=request_id)


def _asked_seconds(retry_after: str, now: datetime) -> float | None:
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:12])
    try:
        asked_until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if asked_until.tzinfo is None:
        asked_until = asked_until.replace(tzinfo=UTC)
    return (asked_until - now) / timedelta(seconds=1)
