"""The pages of recurring jobs and of plans."""

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dockline.domain.channels.models import JobDefault, Schedule
from dockline.domain.runs import operations as runs
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind, RunMode
from tests.support.page_world import World


def test_periods_are_set_on_the_channels_page(operator: Client, world: World) -> None:
    page = operator.post(
        reverse("channel-automations", args=[world.channel.pk]),
        {"receive_shipments": "300", "receive_inventory": "0"},
        follow=True,
    ).text

    assert "The periods are saved." in page
    held = dict(Schedule.objects.filter(channel=world.channel).values_list("job", "own_seconds"))
    assert (held["outbound.receive"], held["inventory.receive"]) == (300, 0)
    assert '<option value="300" selected>every 5 min</option>' in page


def test_a_bad_period_changes_nothing(operator: Client, world: World) -> None:
    for bad in ("often", "7", "-1", "9" * 30, "٣"):
        page = operator.post(
            reverse("channel-automations", args=[world.channel.pk]),
            {"receive_shipments": "300", "receive_inventory": bad},
            follow=True,
        ).text
        assert "The periods are saved." not in page
    assert not Schedule.objects.filter(own_seconds__isnull=False).exists()


def test_two_people_who_set_periods_are_told(operator: Client, world: World) -> None:
    address = reverse("channel-automations", args=[world.channel.pk])
    operator.post(address, {"receive_shipments": "300", "was.receive_shipments": ""})

    page = operator.post(
        address, {"receive_shipments": "60", "was.receive_shipments": "", "receive_inventory": "0"}, follow=True
    ).text

    assert "somebody else has set it meanwhile: every 300 s" in page
    held = dict(Schedule.objects.filter(channel=world.channel).values_list("job", "own_seconds"))
    assert held["outbound.receive"] == 300 and held.get("inventory.receive") is None
    untouched = operator.post(address, {"receive_shipments": "", "was.receive_shipments": ""}, follow=True).text
    assert "The periods are saved." in untouched
    assert Schedule.objects.get(channel=world.channel, job="outbound.receive").own_seconds == 300


def test_a_job_the_master_forbids_is_visible_and_disabled(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel", args=[world.channel.pk])).text
    assert "Dockline is the Master Product Source" in page
    assert '<select name="import_products" disabled>' in page


def test_all_automations_on_one_page(
    operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(14):
        page = operator.get(reverse("automations")).text
    assert "Receive Inventory Levels From Channel" in page and world.channel.name in page
    assert 'data-fresh="due">now</time>' in page, "what is late is due now"
    assert (
        f'name="account" value="{world.channel.account.pk}">{world.channel.account.name}'.replace("&", "&amp;") in page
    )


def test_defaults_belong_to_the_chosen_account(operator: Client, world: World) -> None:
    account = world.channel.account
    refused = operator.post(
        reverse("automations-defaults"), {"account": account.pk, "receive_shipments": "900"}, follow=True
    )
    assert "Choose the account first" in refused.text
    operator.post(reverse("scope"), {"account": account.pk})

    page = operator.post(
        reverse("automations-defaults"), {"account": account.pk, "receive_shipments": "900"}, follow=True
    ).text

    assert "The defaults are saved." in page
    assert JobDefault.objects.get().every_seconds == 900
    assert '<option value="900" selected>every 15 min</option>' in page


def test_a_plan_is_shown_and_done_exactly(operator: Client, world: World) -> None:
    run_id = _plan(world, [PlannedChange(PlannedAction.CREATE, f"SKU-{number}", "", "1") for number in range(60)])

    page = operator.get(reverse("run", args=[run_id])).text
    assert "What would be done" in page and "SKU-0" in page and "of 60" in page
    assert "SKU-59" in operator.get(reverse("run", args=[run_id]) + "?page=2").text

    response = operator.post(reverse("run-apply", args=[run_id]))
    done = Run.objects.get(follows_id=run_id)
    assert (done.state, done.mode, response["Location"]) == ("waiting", "apply", reverse("run", args=[done.pk]))


def test_a_plan_with_nothing_in_it_offers_nothing(operator: Client, world: World) -> None:
    page = operator.get(reverse("run", args=[_plan(world, [])])).text
    assert "Both sides agree." in page and "Do exactly this" not in page


def test_a_run_is_asked_for_again(operator: Client, world: World) -> None:
    run_id = _plan(world, [])
    response = operator.post(reverse("run-again", args=[run_id]))
    again = Run.objects.get(state="waiting")
    assert (again.mode, response["Location"]) == ("plan", reverse("run", args=[again.pk]))


def _plan(world: World, rows: list[PlannedChange]) -> int:
    now = timezone.now()
    channel_id, kind = world.channel.pk, RunKind.RECEIVE_INVENTORY
    runs.ask_run(
        account_id=world.channel.account_id,
        channel_id=channel_id,
        kind=kind,
        cause="Ada",
        mode=RunMode.PLAN,
        follows_id=None,
        now=now,
    )
    taken = runs.take_run(channel_id=channel_id, kind=kind, now=now)
    assert taken is not None
    runs.store_plan(taken.id, rows)
    runs.end_run(taken.id, now=now, summary="Planned.")
    return taken.id
