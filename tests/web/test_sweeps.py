"""The banner on every page while sending is stopped, the page of differences, and the button that lets it go on."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dockline.domain.guard.models import Guard, Stop
from dockline.domain.shipments.models import Shipment
from dockline.domain.sweeps.models import Finding, Sweep
from dockline.flows.outbound import repair
from dockline.interfaces.web.parts.context import MENU
from tests.support.page_world import World

BANNER = "Nothing is sent to any warehouse"


@pytest.fixture
def stopped(world: World) -> World:
    Guard.objects.create(
        system="7000", timeline="00000001", database=1, tables=2, server_started_at=timezone.now(), epoch=0
    )
    Stop.objects.create(cause="forgotten", place="host:/data", noticed_at=timezone.now())
    return world


def find(world: World, kind: str, shipment: Shipment | None, reference: str) -> Finding:
    sweep = Sweep.objects.create(
        channel=world.channel, since=timezone.now(), is_wide=True, started_at=timezone.now(), orders_there=3
    )
    return Finding.objects.create(
        channel=world.channel,
        sweep=sweep,
        kind=kind,
        reference=reference,
        external_id="there-1",
        shipment=shipment,
        sentence="PACKED there.",
        found_at=timezone.now(),
    )


def test_every_page_says_that_nothing_is_sent(operator: Client, stopped: World) -> None:
    addresses = [reverse(place.name) for _, places in MENU for place in places]
    addresses.append(reverse("order", args=[stopped.shipped.pk]))
    for address in addresses:
        page = operator.get(address).text
        assert BANNER in page and "it was set back" in page, address
    Stop.objects.update(lifted_at=timezone.now(), lifted_by="Mei")
    assert BANNER not in operator.get(reverse("home")).text
    assert "let go on by Mei" in operator.get(reverse("sweeps")).text


def test_sending_goes_on_only_after_everything_was_compared(operator: Client, stopped: World) -> None:
    page = operator.get(reverse("sweeps")).text
    assert stopped.channel.name in page.split("Still to be compared")[1].split("</li>")[0]
    refused = operator.post(reverse("sweeps-lift"), follow=True).text
    assert "Not compared yet since sending was stopped" in refused and BANNER in refused
    for channel_id in (stopped.channel.pk, stopped.paused.pk, *_others(stopped)):
        Sweep.objects.create(
            channel_id=channel_id,
            since=timezone.now(),
            is_wide=True,
            started_at=timezone.now(),
            finished_at=timezone.now(),
        )
    gone_on = operator.post(reverse("sweeps-lift"), follow=True).text
    assert "Sending goes on." in gone_on and BANNER not in gone_on
    assert Stop.objects.get().lifted_by == "operator"
    assert "Sending goes on; " in operator.get(reverse("sweeps")).text


def test_each_difference_has_the_buttons_that_repair_it(
    operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = find(world, "missing_here", None, "SO-77-ABCD9")
    refused = Shipment.objects.get(order=world.refused)
    held = find(world, "different", refused, refused.reference)
    page = operator.get(reverse("sweeps")).text
    assert "SO-77-ABCD9" in page and "recognised by its number" in page.replace("\n", " ")
    assert reverse("finding-repair", args=[held.pk, "look-there"]) in page
    assert reverse("finding-repair", args=[unknown.pk, "look-there"]) not in page
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(repair, "look_there", lambda **call: asked.append(call))
    operator.post(reverse("finding-repair", args=[held.pk, "look-there"]))
    assert [(call["shipment_id"], call["actor"]) for call in asked] == [(refused.pk, "operator")]
    operator.post(reverse("finding-repair", args=[unknown.pk, "dismiss"]))
    unknown.refresh_from_db()
    assert unknown.resolved_by == "operator"
    assert operator.post(reverse("finding-repair", args=[unknown.pk, "dismiss"])).status_code == 404


def _others(world: World) -> list[int]:
    return [
        pk
        for pk in type(world.channel).objects.filter(state="active").values_list("pk", flat=True)
        if pk not in (world.channel.pk, world.paused.pk)
    ]
