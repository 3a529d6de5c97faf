"""One table says what an answer means; the conformance suite walks all of it through a real connector."""

from datetime import UTC, datetime

import pytest

from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit import statuses
from dockline.connectors.toolkit.statuses import Complaint

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def error(status: int, *, writes: bool, body: bytes = b"[]", **headers: str) -> errors.ConnectorError:
    response = HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
    complaint = Complaint("no", field="/f", existing_id="7")
    return statuses.error_for(response, writes=writes, complaint=complaint, far_side="Acme", now=NOW)


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (204, errors.Unreadable, errors.OutcomeUnknown),
        (400, errors.Refused, errors.Refused),
        (401, errors.NotAuthorised, errors.NotAuthorised),
        (403, errors.NotAuthorised, errors.NotAuthorised),
        (404, errors.Refused, errors.Refused),
        (408, errors.NotReached, errors.OutcomeUnknown),
        (409, errors.Refused, errors.Refused),
        (422, errors.Refused, errors.Refused),
        (429, errors.NotReached, errors.NotReached),
        (500, errors.NotReached, errors.OutcomeUnknown),
        (503, errors.NotReached, errors.OutcomeUnknown),
        (599, errors.NotReached, errors.OutcomeUnknown),
    ],
)
@pytest.mark.fault("N05", "N08")
def test_each_status_means_one_error(status: int, reading: type, writing: type):
    assert type(error(status, writes=False)) is reading
    assert type(error(status, writes=True)) is writing


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
@pytest.mark.fault("N09")
def test_a_web_page_comes_from_something_in_between(status: int):
    assert type(error(status, writes=True, body=b"<!doctype html>")) is errors.OutcomeUnknown
    assert type(error(status, writes=False, content_type="text/html; charset=utf-8")) is errors.NotReached


def test_the_complaint_and_the_call_are_named():
    refused = error(422, writes=True, x_request_id="r-1")
    assert isinstance(refused, errors.Refused)
    assert (refused.message, refused.field, refused.existing_id, refused.request_id) == ("no", "/f", "7", "r-1")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("7", 7),
        ("0", 1),
        ("99999999999999999999", 3600),
        ("Wed, 04 Mar 2026 09:00:30 GMT", 30),
        ("Wed, 04 Mar 2026 08:00:00 GMT", 1),
        ("Thu, 05 Mar 2026 09:00:00 GMT", 3600),
    ],
)
@pytest.mark.fault("N04")
def test_the_wait_is_clamped(header: str, seconds: float | None):
    assert statuses.wait_seconds(header, now=NOW) == seconds
