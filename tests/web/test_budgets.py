"""How many questions a page may put to the database, however much there is."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dockline.domain.mappings.models import SkuMapping
from dockline.domain.products.models import Product, Variant
from dockline.interfaces.web.channels.page import VIEWS
from tests.support.page_world import World

MANY = 5000
PAGES = (
    "inventory-lots",
    "automations",
    "sweeps",
    "purchases",
    "carriers",
    "customers",
    "data",
    "connectors",
    "channel-connect",
)


@pytest.fixture
def mapped(world: World) -> World:
    """A channel with thousands of mapped SKUs."""
    product = Product.objects.create(account=world.juniper, name="Many")
    variants = Variant.objects.bulk_create(
        Variant(account=world.juniper, product=product, sku=f"MANY-{number}", name="One of many")
        for number in range(MANY)
    )
    SkuMapping.objects.bulk_create(
        SkuMapping(channel=world.channel, variant=variant, channel_sku=f"CC-{variant.sku}") for variant in variants
    )
    return world


@pytest.mark.parametrize("name", [view.name for view in VIEWS.values()])
def test_a_channel_page_with_thousands_of_mappings_asks_a_dozen_times(
    name: str, operator: Client, mapped: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        page = operator.get(reverse(name, args=[mapped.channel.pk]))
    assert page.status_code == 200
    assert len(page.content) < 400_000, "thousands of rows are paged"


@pytest.mark.parametrize("name", PAGES)
def test_the_other_pages_ask_a_dozen_times(
    name: str, operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        assert operator.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["order", "order-cancel", "order-hold", "order-change"])
def test_an_order_asks_no_more_than_it_shows(
    name: str, operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(20):
        assert operator.get(reverse(name, args=[world.refused.pk])).status_code == 200


def test_an_account_asks_a_dozen_times(
    operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        assert operator.get(reverse("account", args=[world.juniper.pk])).status_code == 200
