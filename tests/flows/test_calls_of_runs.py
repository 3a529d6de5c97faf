"""A run says how many calls it made to the warehouse's system, for somebody may have to pay for each."""

from dockline.domain.runs.models import Run
from tests.support.hub import Hub


def asked(hub: Hub) -> int:
    """How many requests the warehouse's system has counted."""
    assert hub.far is not None
    return sum(sum(answers.values()) for answers in hub.far.control.get("/requests").values())


def test_a_run_counts_its_calls_on_every_thread(hub: Hub) -> None:
    hub.stock(MUG=10)
    for number in range(6):
        hub.order(f"SO-{number}", MUG=1)
    before = asked(hub)
    Run.objects.all().delete()

    hub.work()

    calls = dict(Run.objects.values_list("kind", "calls"))
    assert calls["export_shipments"] == 6
    assert sum(calls.values()) == asked(hub) - before


def test_a_run_that_fails_counts_what_it_asked(hub: Hub) -> None:
    hub.far.control.post("/faults", {"script": [{"operation": "start_report", "do": "status", "status": 503}]})
    before = asked(hub)

    hub.receive_inventory()

    run = Run.objects.get(kind="receive_inventory")
    assert (run.state, run.calls) == ("failed", asked(hub) - before)
    assert run.calls >= 1
