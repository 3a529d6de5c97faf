"""How often jobs run by themselves: what holds, who decided it, and how a job that was missed is caught up."""

from datetime import timedelta

import pytest

from dockline.domain.channels.models import Channel, Schedule
from dockline.domain.channels.queries import get_connections
from dockline.domain.history.models import Event
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations, job_names, upkeep
from dockline.kit import clock
from dockline.kit.errors import Invalid, NotNow
from dockline.kit.queue import port as queue
from tests.support.hub import Hub, hub_with_manual_warehouse

SHIPMENTS = job_names.RECEIVE_SHIPMENTS


def far_away(hub: Hub) -> None:
    """Have the channel point at the real system, where only the offered periods hold."""
    channel = Channel.objects.get(pk=hub.channel_id)
    channel.settings["api_url"] = "https://api.cartoncloud.com"
    channel.save()


def held(hub: Hub) -> Schedule:
    return Schedule.objects.get(channel_id=hub.channel_id, job=SHIPMENTS)


def set_own(hub: Hub, seconds: int | None) -> None:
    automations.set_period(
        hub.channel_id, kind=RunKind.RECEIVE_SHIPMENTS, own_seconds=seconds, actor="Ada", now=clock.now()
    )


def set_default(hub: Hub, seconds: int) -> None:
    automations.set_account_period(
        hub.account_id, kind=RunKind.RECEIVE_SHIPMENTS, seconds=seconds, actor="Ada", now=clock.now()
    )


def test_a_channel_follows_its_account_until_it_has_a_period_of_its_own(hub: Hub) -> None:
    assert (held(hub).every_seconds, held(hub).own_seconds) == (120, None), "as the connector suggests"
    set_default(hub, 900)
    assert (held(hub).every_seconds, held(hub).own_seconds) == (900, None)
    set_own(hub, 60)
    set_default(hub, 1800)
    assert (held(hub).every_seconds, held(hub).own_seconds) == (60, 60)
    set_own(hub, None)
    assert (held(hub).every_seconds, held(hub).own_seconds) == (1800, None)
    set_default(hub, 0)
    assert (held(hub).every_seconds, held(hub).next_at) == (0, None)
    assert list(
        Event.objects.filter(detail__field__startswith="every:").order_by("id").values_list("sentence", flat=True)
    ) == [
        "Receive Shipments From Channel by default: the connector's own → every 900 s.",
        "Receive Shipments From Channel: as the account has it → every 60 s.",
        "Receive Shipments From Channel by default: every 900 s → every 1800 s.",
        "Receive Shipments From Channel: every 60 s → as the account has it.",
        "Receive Shipments From Channel by default: every 1800 s → off.",
    ]


def test_a_shorter_period_takes_hold_at_once_and_a_longer_one_does_not_postpone(hub: Hub) -> None:
    now = clock.now()
    Schedule.objects.update(next_at=now + timedelta(seconds=100))
    set_own(hub, 60)
    assert now < held(hub).next_at <= clock.now() + timedelta(seconds=60)
    before = held(hub).next_at
    set_own(hub, 1800)
    assert held(hub).next_at == before


def test_only_offered_periods_hold_at_a_real_warehouse(hub: Hub) -> None:
    far_away(hub)
    with pytest.raises(Invalid, match="may run every 60, 120, 300, 900, 1800, 3600 seconds, or 0"):
        set_own(hub, 7)
    with pytest.raises(Invalid):
        set_default(hub, 7)
    assert held(hub).every_seconds == 120


def test_a_job_the_master_forbids_cannot_be_switched_on(hub: Hub) -> None:
    with pytest.raises(NotNow, match="Dockline is the Master Product Source"):
        automations.set_period(
            hub.channel_id, kind=RunKind.IMPORT_PRODUCTS, own_seconds=3600, actor="Ada", now=clock.now()
        )


def test_a_warehouse_without_a_system_has_no_recurring_jobs(transactional_db: None) -> None:
    by_hand = hub_with_manual_warehouse()
    assert automations.list_automations(get_connections([by_hand.channel_id])) == []
    with pytest.raises(Invalid):
        set_own(by_hand, 60)


@pytest.mark.fault("C10")
def test_downtime_is_caught_up_once(hub: Hub) -> None:
    Schedule.objects.exclude(job=SHIPMENTS).update(every_seconds=0, next_at=None)
    Schedule.objects.filter(job=SHIPMENTS).update(next_at=clock.now() - timedelta(days=3))
    upkeep.tend()
    upkeep.tend()
    assert queue.drain() == 1
    row = held(hub)
    assert row.next_at is not None and row.next_at > clock.now()
    assert row.ran_state == "finished" and row.ran_at is not None
    assert not Run.objects.exists(), "a look that found nothing leaves no run, but its time"


def test_each_job_says_how_far_it_looks_back(hub: Hub) -> None:
    jobs = {one.kind: one for one in automations.list_automations(get_connections([hub.channel_id]))}
    assert jobs[RunKind.RECEIVE_SHIPMENTS].reach == "each run looks back 15 minutes behind the newest change seen"
    assert jobs[RunKind.RECEIVE_SHIPMENTS].periods_seconds == (60, 120, 300, 900, 1800, 3600)
