"""Cancelling a sales order in the pages, and asking again from the issue of one that was refused."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dockline.domain.history.models import Event
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.models import Issue
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.shipments.models import CancelWish, Shipment
from tests.support.page_world import USER, World


def test_an_order_is_cancelled_from_its_page_after_one_look(operator: Client, world: World) -> None:
    order, address = world.backordered, reverse("order-cancel", args=[world.backordered.pk])
    assert address in operator.get(reverse("order", args=[order.pk])).text
    assert "Keep it" in operator.get(address).text
    order.refresh_from_db()
    assert order.status != "cancelled", "a link changes nothing"
    page = operator.post(address, follow=True).text
    order.refresh_from_db()
    assert order.status == "cancelled" and "everything that had not shipped is cancelled" in page
    assert address not in page
    assert Event.objects.filter(subject_kind="order", subject_id=order.pk, kind="asked", actor=USER).exists()
    assert "nothing is left to cancel" in operator.post(address, follow=True).text


def test_what_a_warehouse_may_have_is_asked_about(operator: Client, world: World) -> None:
    page = operator.post(reverse("order-cancel", args=[world.refused.pk]), follow=True).text
    world.refused.refresh_from_db()
    assert world.refused.status == "fulfilling" and "not cancelled before it agrees" in page
    assert CancelWish.objects.get().asked_by == USER


def test_of_another_there_is_no_page(operator: Client, world: World) -> None:
    assert operator.get(reverse("order-cancel", args=[4711])).status_code == 404


@pytest.mark.parametrize("cause", [causes.CANCEL_REFUSED, causes.CANCEL_UNANSWERED])
def test_a_refusal_is_asked_again_or_dismissed(operator: Client, world: World, cause: Cause) -> None:
    shipment = Shipment.objects.get(order=world.refused)
    issues.open_issues(
        [
            NewIssue(
                account_id=world.juniper.pk,
                cause=cause,
                subject_kind="shipment",
                subject_id=shipment.pk,
                subject_label=shipment.reference,
                title="It was not cancelled.",
                channel_id=world.channel.pk,
            )
        ],
        now=timezone.now(),
    )
    issue = Issue.objects.get(cause=cause.code)
    again, dismiss = (reverse("issue-repair", args=[issue.pk, name]) for name in ("ask-cancel", "dismiss"))
    page = operator.get(reverse("order", args=[world.refused.pk])).text
    assert again in page and dismiss in page
    operator.post(again)
    issue.refresh_from_db()
    assert CancelWish.objects.get().shipment_id == shipment.pk and issue.resolved_at is not None
