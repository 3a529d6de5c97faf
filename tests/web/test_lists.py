"""Lists: searched, scoped, paged, and the same number of queries however long they are."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dockline.domain.orders.models import SalesOrder
from tests.support.page_world import World

LISTS = ("home", "orders", "shipments", "inventory", "products", "issues", "channels", "runs", "jump")
MOST_QUERIES = 12


@pytest.mark.parametrize("name", LISTS)
def test_it_shows_both_accounts_until_one_is_chosen(name: str, operator: Client, world: World) -> None:
    words = {"orders": "TT-1", "shipments": "TT-1-KQ3", "inventory": "TOTE-1", "products": "TOTE-1"}
    words |= {"channels": "Own warehouse · Utrecht"}
    word = words.get(name)
    everything = operator.get(reverse(name))
    operator.post(reverse("scope"), {"account": world.juniper.pk, "next": "/"})
    chosen = operator.get(reverse(name))

    assert "· All accounts · Dockline</title>" in everything.text
    assert "· Juniper &amp; Oak · Dockline</title>" in chosen.text
    if word:
        assert word in everything.text
        assert word not in chosen.text


@pytest.mark.parametrize("name", LISTS)
def test_it_stays_within_its_queries(
    name: str, operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        assert operator.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=abc", "page=99999999999999999999", "q=%00", "q=%25_'\"<b>", "channel=x", "status=nope"],
)
def test_it_bears_any_address(name: str, query: str, operator: Client) -> None:
    assert operator.get(f"{reverse(name)}?{query}").status_code == 200


@pytest.mark.parametrize("text", ["SO-1-KQ1", "9999", "so-1", "Mia"])
def test_it_finds_an_order_by_what_people_have_in_hand(text: str, operator: Client) -> None:
    page = operator.get(reverse("orders"), {"q": text})

    assert ">SO-1</a>" in page.text


def test_it_opens_the_order_whose_number_is_exactly_that(operator: Client, world: World) -> None:
    target = reverse("order", args=[world.shipped.pk])
    typing = operator.get(reverse("orders"), {"q": "SO-1"}, headers={"HX-Request": "true", "HX-Trigger": "q"})
    entered = operator.get(reverse("orders"), {"q": "SO-1"}, headers={"HX-Request": "true", "HX-Trigger": "find"})

    assert operator.get(reverse("orders"), {"q": "SO-1"}).headers["Location"] == target
    assert typing.status_code == 200 and "HX-Redirect" not in typing.headers
    assert entered.headers["HX-Redirect"] == target


def test_it_lists_both_orders_when_two_accounts_use_a_number(operator: Client, world: World) -> None:
    SalesOrder.objects.filter(pk=world.elsewhere.pk).update(number="SO-1")

    page = operator.get(reverse("orders"), {"q": "SO-1"})

    assert page.status_code == 200
    assert page.text.count(">SO-1</a>") == 2


@pytest.mark.parametrize(
    ("tab", "number"),
    [("shipped", "SO-1"), ("person", "SO-2"), ("backordered", "SO-3"), ("fulfilling", "TT-1")],
)
def test_it_shows_each_order_under_its_tab(tab: str, number: str, operator: Client) -> None:
    assert f">{number}</a>" in operator.get(reverse("orders"), {"status": tab}).text


def test_it_says_why_an_order_rests(operator: Client) -> None:
    page = operator.get(reverse("orders")).text

    assert "There is no product MUG-1." in page
    assert "Waits for 3 of MUG-1 at Sydney DC." in page


def test_it_pages(operator: Client) -> None:
    first, second = (operator.get(reverse("orders"), {"page": page}).text for page in (1, 2))

    assert first.count('class="rowlink"') == 50
    assert second.count('class="rowlink"') == 14
    assert second.count("of 64") == 1


def test_it_drops_empty_parameters(operator: Client) -> None:
    assert 'href="/orders/?status=draft"' in operator.get(reverse("orders") + "?q=&channel=").text


def test_the_palette_finds_pages_channels_and_orders(operator: Client) -> None:
    page = operator.get(reverse("jump"), {"q": "9999"}, headers={"HX-Request": "true"}).text

    assert "SO-1 · Mia Costa" in page
    assert "Sync runs" in operator.get(reverse("jump"), {"q": "sync"}).text
