"""What the clocks of machines say moves nothing: instants are the database's, durations those of one that only runs."""

import time
from datetime import datetime, timedelta, tzinfo

import pytest

from dockline.domain.issues.models import Issue
from dockline.gateway import runtime
from tests.flows.test_lost_answers import fault, sends, work_until_settled
from tests.support.hub import Hub


@pytest.mark.fault("P07")
@pytest.mark.parametrize("hours", [26, -26])
def test_a_machine_whose_clock_jumps_sends_and_settles_as_ever(
    hub: Hub, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Jumped(datetime):
        """A machine's clock after the jump."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=hours)

    hub.stock(MUG=10)
    fault(hub, "reset_before")
    order = hub.order("SO-1", MUG=3)
    real = time.time
    with monkeypatch.context() as jumped:
        jumped.setattr(runtime, "datetime", Jumped)
        jumped.setattr(time, "time", lambda: real() + hours * 3600)
        hub.work()
        shipment = work_until_settled(hub, order)
    assert (shipment.dispatch, sends(hub), len(hub.far_orders())) == ("confirmed", 2, 1)


@pytest.mark.fault("N18")
def test_a_far_clock_is_told_until_it_is_right_and_decides_nothing(hub: Hub) -> None:
    hub.stock(MUG=10)
    wrong = {"operation": "*", "do": "wrong_date", "skew_seconds": 7200, "times": 1000}
    hub.far.control.post("/faults", {"script": [wrong]})
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert hub.shipments(order)[0].dispatch == "confirmed"
    told = Issue.objects.get(cause="clock_apart")
    assert told.title.endswith("its clock is 120 minutes ahead of this machine's.") and told.resolved_at is None

    hub.far.control.delete("/faults")
    hub.receive()
    told.refresh_from_db()
    assert told.resolved_at is not None and Issue.objects.filter(cause="clock_apart").count() == 1
