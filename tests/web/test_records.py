"""One order, one shipment, one channel, one run, and their buttons."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dockline.domain.inventory.models import Level
from dockline.domain.issues.models import Issue
from dockline.domain.runs.models import Run, RunLine
from dockline.flows.outbound import record, repair
from dockline.kit.errors import Invalid
from tests.support.page_world import USER, World


class Asked:
    """Stands in for a flow and remembers what it was asked."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._problem = problem

    def __call__(self, **asked: Any) -> None:
        self.calls.append(asked)
        if self._problem:
            raise self._problem


def test_the_order_tells_its_story(
    operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(18):
        page = operator.get(reverse("order", args=[world.shipped.pk])).text

    assert (
        "Sent once to CartonCloud · Sydney; the answer was lost; found there 3 minutes later by its reference." in page
    )
    assert "no answer within 30 s" in page
    assert 'data-copy="33011122239999"' in page
    assert "1 Harbour St" in page


def test_the_order_offers_the_repair(operator: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked()
    monkeypatch.setattr(repair, "send_again", asked)
    page = operator.get(reverse("order", args=[world.refused.pk])).text
    button = reverse("issue-repair", args=[world.refusal.pk, "send-again"])

    response = operator.post(button, {"next": "/orders/"})

    assert button in page
    assert response.headers["Location"] == "/orders/"
    assert [call["shipment_id"] for call in asked.calls] == [world.refusal.subject_id]
    assert asked.calls[0]["actor"] == "operator"


def test_a_repair_that_does_not_fit_is_refused_in_words(operator: Client, world: World) -> None:
    response = operator.post(
        reverse("issue-repair", args=[world.refusal.pk, "resume"]), {"next": "/issues/"}, follow=True
    )

    assert "This does not repair that." in response.text
    assert operator.post(f"/issues/{world.refusal.pk}/nonsense/").status_code == 404


def test_dismissing_an_issue_takes_it_off_the_list(operator: Client, world: World) -> None:
    operator.post(reverse("issue-repair", args=[world.refusal.pk, "dismiss"]))

    assert Issue.objects.get(pk=world.refusal.pk).resolved_by == "operator"
    assert "SO-2-KQ2" not in operator.get(reverse("issues")).text


def test_a_shipment_packed_by_hand_is_confirmed(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked()
    monkeypatch.setattr(record, "confirm_by_hand", asked)
    line = world.packed_by_hand.lines.get()

    response = operator.post(
        reverse("shipment-confirm", args=[world.packed_by_hand.pk]),
        {f"line_{line.pk}": "4.5", "carrier": "PostNL", "tracking_number": "3S1"},
    )

    assert response.status_code == 302
    assert asked.calls[0]["shipped"] == {line.pk: Decimal("4.5")}
    assert asked.calls[0]["carrier"] == "PostNL"


def test_a_confirmed_shipment_is_shipped_with_its_tracking(operator: Client, world: World) -> None:
    line = world.packed_by_hand.lines.get()
    entered = {f"line_{line.pk}": "5", "carrier": "PostNL", "tracking_number": "3SABC123"}

    response = operator.post(reverse("shipment-confirm", args=[world.packed_by_hand.pk]), entered, follow=True)

    assert "TT-1-KQ3 is confirmed as shipped." in response.text
    assert 'data-copy="3SABC123"' in response.text
    assert "Confirm shipped" not in response.text


@pytest.mark.parametrize("quantity", ["", "many", "-1", "1e400", "NaN"])
def test_a_quantity_that_is_none_is_marked_at_its_field(quantity: str, operator: Client, world: World) -> None:
    line = world.packed_by_hand.lines.get()

    response = operator.post(reverse("shipment-confirm", args=[world.packed_by_hand.pk]), {f"line_{line.pk}": quantity})

    assert response.status_code == 422
    assert f'id="id_line_{line.pk}_error"' in response.text


def test_what_the_flow_refuses_is_marked_at_its_field(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = world.packed_by_hand.lines.get()
    problem = Invalid("Give a quantity from 0 to 5.", field=f"line_{line.pk}")
    monkeypatch.setattr(record, "confirm_by_hand", Asked(problem))

    response = operator.post(reverse("shipment-confirm", args=[world.packed_by_hand.pk]), {f"line_{line.pk}": "9"})

    assert response.status_code == 422
    assert "Give a quantity from 0 to 5." in response.text


def test_a_shipment_of_a_system_is_not_confirmed_by_hand(operator: Client, world: World) -> None:
    assert operator.post(reverse("shipment-confirm", args=[world.found_later.pk])).status_code == 404


def test_a_channel_is_asked_to_sync(operator: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    response = operator.post(reverse("channel-sync", args=[world.channel.pk, "receive_inventory"]))

    run = Run.objects.get(channel=world.channel, state="waiting")
    assert (run.kind, run.mode, run.cause) == ("receive_inventory", "apply", USER)
    assert response["Location"] == reverse("run", args=[run.pk])
    assert (
        operator.post(reverse("channel-sync", args=[world.channel.pk, "receive_inventory"]))["Location"]
        == response["Location"]
    ), "asking again while one waits shows that one"
    assert operator.post(reverse("channel-sync", args=[world.channel.pk, "nonsense"])).status_code == 404


def test_what_a_connector_cannot_do_stays_visible_with_the_reason(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel", args=[world.by_hand.pk])).text

    assert "cannot do this: Receive Inventory Levels From Channel." in page


def test_a_live_run_sends_only_what_is_new(operator: Client, world: World) -> None:
    address = reverse("run", args=[world.live_run.pk])
    last = RunLine.objects.filter(run=world.live_run).order_by("-id").values_list("id", flat=True)[0]
    RunLine.objects.create(run=world.live_run, at=world.live_run.started_at, level="info", text="MUG-1: new")

    part = operator.get(f"{address}?after={last}", headers={"HX-Request": "true"}).text

    assert part.count("<li") == 1 and "MUG-1: new" in part
    assert "load delay:1s" in part


def test_a_run_that_is_over_is_not_polled(operator: Client, world: World) -> None:
    Run.objects.filter(pk=world.live_run.pk).update(state="finished")

    part = operator.get(reverse("run", args=[world.live_run.pk]), headers={"HX-Request": "true"}).text

    assert "hx-trigger" not in part
    assert 'id="stop" hidden' in part


def test_a_run_without_a_log_says_so(operator: Client, world: World) -> None:
    RunLine.objects.filter(run=world.finished_run).delete()

    page = operator.get(reverse("run", args=[world.finished_run.pk])).text

    assert "Nothing was logged." in page
    assert "data-follow" not in page, "there is no end to follow"


def test_the_jobs_of_a_paused_channel_wait_for_a_person(operator: Client, world: World) -> None:
    assert "once it is resumed" in operator.get(reverse("channel", args=[world.paused.pk])).text
    assert "once it is resumed" not in operator.get(reverse("channel", args=[world.channel.pk])).text


def test_one_channel_is_not_all_of_them(operator: Client, world: World) -> None:
    operator.post(reverse("scope"), {"account": world.tidewater.pk})

    assert "The channel is well." in operator.get(reverse("home")).text


def test_stopping_a_run_asks_it_to(operator: Client, world: World) -> None:
    operator.post(reverse("run-stop", args=[world.live_run.pk]))

    assert Run.objects.get(pk=world.live_run.pk).stop_asked


def test_who_changed_a_buffer_stands_beside_it(operator: Client, world: World) -> None:
    level = Level.objects.filter(variant__account=world.juniper).earliest("id")
    address = reverse("level", args=[level.pk])
    assert "<h2>History" not in operator.get(address).text
    for quantity in ("4", "2.5", ""):
        operator.post(reverse("level-buffer", args=[level.pk]), {"quantity": quantity})

    page = operator.get(address).text

    assert "Buffer <del>what the account keeps back</del> <ins>4 EA</ins>" in page
    assert "Buffer <del>4 EA</del> <ins>2.5 EA</ins>" in page
    assert "Buffer <del>2.5 EA</del> <ins>what the account keeps back</ins>" in page
    assert f"<small>{USER} ·" in page


def test_an_empty_installation_teaches(client: Client, django_user_model: Any, db: None) -> None:
    client.force_login(django_user_model.objects.create_user("first"))

    words = {
        "home": "Set-up, top down",
        "orders": "No orders yet",
        "issues": "Nothing needs you",
        "runs": "No runs yet",
    }
    assert [word in client.get(reverse(name)).text for name, word in words.items()] == [True] * 4
