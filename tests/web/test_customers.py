"""Customers on the pages: added and changed by hand, found, seen with their orders, forgotten; never in history."""

import pytest
from django.test import Client
from django.urls import reverse

from dockline.domain.customers.models import Customer
from dockline.domain.history.models import Event
from dockline.interfaces.web.parts.scope import KEY
from tests.support.page_world import World

MIA = {"customer": "C-007", "name": "Mia Costa", "line_1": "1 Harbour St", "city": "Sydney", "country": "AU"}


@pytest.fixture
def juniper(operator: Client, world: World) -> Client:
    session = operator.session
    session[KEY] = world.juniper.pk
    session.save()
    return operator


def test_a_customer_is_added_changed_seen_with_their_orders_and_forgotten(juniper: Client, world: World) -> None:
    refused = juniper.post(reverse("customer-new"), MIA | {"country": "Oz"})
    assert refused.status_code == 422 and "Country &#x27;Oz&#x27; is not a two-letter" in refused.text
    page = juniper.post(reverse("customer-new"), MIA | {"references": "gl=12345"}, follow=True).text
    assert "Customer C-007 is saved." in page and "1 Harbour St" in page and "12345" in page
    assert world.shipped.number in page and world.elsewhere.number not in page, "another account's order"
    assert "is there already" in juniper.post(reverse("customer-new"), MIA).text

    mia = Customer.objects.get(code="C-007")
    changed = juniper.post(reverse("customer-change", args=[mia.pk]), MIA | {"customer": "X", "city": "Perth"})
    assert changed.status_code == 302
    mia.refresh_from_db()
    assert (mia.code, mia.ship_to["city"], mia.references) == ("C-007", "Perth", {})
    assert "C-007" in juniper.get(reverse("customers"), {"q": "mia"}).text
    assert "No customers match" in juniper.get(reverse("customers"), {"q": "nobody"}).text

    assert "is off the list" in juniper.post(reverse("customer-forget", args=[mia.pk]), follow=True).text
    assert not Customer.objects.filter(code="C-007").exists()
    told = " ".join(Event.objects.filter(subject_kind="customer").values_list("sentence", flat=True))
    details = str(list(Event.objects.filter(subject_kind="customer").values_list("detail", flat=True)))
    assert "city" in told and not any(word in told + details for word in ("Mia", "Harbour", "Sydney", "Perth"))
