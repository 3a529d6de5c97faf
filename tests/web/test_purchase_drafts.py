"""Purchase orders written, changed, approved and ended in the pages; and what is refused changes nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from dockline.domain.history.models import Event
from dockline.domain.products.models import UnitOfMeasure, Variant
from dockline.domain.purchases.models import PurchaseOrder
from tests.support.page_world import USER, World


@pytest.fixture
def buyer(operator: Client, world: World) -> Client:
    """Somebody who looks at Juniper & Oak alone."""
    operator.post(reverse("scope"), {"account": world.juniper.pk})
    return operator


def sku_of(world: World) -> str:
    return Variant.objects.filter(account=world.juniper).order_by("id").values_list("sku", flat=True)[0]


def entered(world: World, **changes: str) -> dict[str, str]:
    return {
        "number": "PO-7",
        "warehouse": str(world.channel.warehouse_id),
        "supplier": "Northern Clay",
        "arrival_on": "2026-12-24",
        "instructions": "Dock 2.",
        "r0-sku": sku_of(world),
        "r0-quantity": "12.5",
        "r0-lot": "B118",
        "r1-sku": "",
        **changes,
    }


def write(buyer: Client, world: World, **changes: str) -> PurchaseOrder:
    response = buyer.post(reverse("purchase-new"), entered(world, **changes))
    assert response.status_code == 302, response.text
    return PurchaseOrder.objects.get(number=changes.get("number", "PO-7"))


def test_a_draft_is_written_changed_and_approved(buyer: Client, world: World) -> None:
    page = buyer.get(reverse("purchase-new")).text
    assert 'value="PO-00001"' in page and f'value="{sku_of(world)}"' in page
    order = write(buyer, world)
    (line,) = order.lines.all()
    assert (order.status, order.supplier, str(order.arrival_on), order.dispatch) == (
        "draft",
        "Northern Clay",
        "2026-12-24",
        "",
    )
    assert (line.quantity, line.lot, line.unit) == (12.5, "B118", Variant.objects.get(sku=sku_of(world)).base_unit)

    form = buyer.get(reverse("purchase-edit", args=[order.pk])).text
    assert 'name="version" value="1"' in form and 'value="12.5"' in form
    changed = entered(world, supplier="Southern Clay", version="1", **{"r0-quantity": "20"})
    assert buyer.post(reverse("purchase-edit", args=[order.pk]), changed).status_code == 302
    told = list(Event.objects.filter(subject_kind="purchase", actor=USER).values_list("sentence", flat=True))
    assert "Supplier: Northern Clay → Southern Clay." in told
    assert any(sentence.startswith("Lines: ") and "20 " in sentence for sentence in told)

    again = buyer.post(reverse("purchase-edit", args=[order.pk]), {**changed, "supplier": "Nobody"})
    assert again.status_code == 422 and "Somebody has changed PO-7" in again.text
    order.refresh_from_db()
    assert (order.supplier, order.version) == ("Southern Clay", 2)

    buyer.post(reverse("purchase-approve", args=[order.pk]))
    order.refresh_from_db()
    assert (order.status, order.dispatch, bool(order.reference)) == ("approved", "ready", True)
    assert Event.objects.filter(subject_kind="purchase", kind="approved", actor=USER).exists()
    assert buyer.get(reverse("purchase-edit", args=[order.pk])).status_code == 302
    late = buyer.post(reverse("purchase-edit", args=[order.pk]), {**changed, "version": "2"})
    assert late.status_code == 422 and "only a draft can be changed" in late.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": " "}, "Give the purchase order a number."),
        ({"warehouse": "4711"}, "Choose the warehouse"),
        ({"arrival_on": "tomorrow"}, "is not a day"),
        ({"r0-sku": "NO-SUCH"}, "has no product &#x27;NO-SUCH&#x27;"),
        ({"r0-quantity": "many"}, "give the quantity as a number"),
        ({"r0-quantity": "NaN"}, "give a quantity above 0"),
        ({"r0-quantity": "-1"}, "give a quantity above 0"),
        ({"r0-unit": "PALLET-X"}, "has no unit"),
        ({"r0-serial": "S-1"}, "is of one piece"),
        ({"r0-sku": "", "r0-quantity": "", "r0-lot": ""}, "needs at least one line"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    buyer: Client, world: World, changes: dict[str, str], words: str
) -> None:
    response = buyer.post(reverse("purchase-new"), entered(world, **changes))
    assert response.status_code == 422 and words in response.text
    assert "Northern Clay" in response.text, "what was typed is kept"
    assert not PurchaseOrder.objects.exists()


def test_more_lines_are_given_and_units_are_understood(buyer: Client, world: World) -> None:
    UnitOfMeasure.objects.get_or_create(
        variant=Variant.objects.get(sku=sku_of(world), account=world.juniper),
        code="BOX",
        defaults={"base_quantity": 6},
    )
    typed = {**entered(world), "r0-unit": "BOX", "r0-quantity": "2", "r1-sku": "half a line", "act": "more"}
    page = buyer.post(reverse("purchase-new"), typed).text
    assert 'name="r4-sku"' in page and 'value="half a line"' in page and not PurchaseOrder.objects.exists()
    order = write(buyer, world, act="approve", **{"r0-unit": "BOX", "r0-quantity": "2"})
    (line,) = order.lines.all()
    assert (order.status, line.base_quantity) == ("approved", 12)
    assert "2 BOX" in " ".join(buyer.get(reverse("purchase", args=[order.pk])).text.split())


def test_ending_one_is_asked_twice_and_said(buyer: Client, world: World) -> None:
    order = write(buyer, world)
    assert "Keep it" in buyer.get(reverse("purchase-cancel", args=[order.pk])).text
    refused = buyer.post(reverse("purchase-close", args=[order.pk]), follow=True).text
    assert "Nothing is awaited" in refused
    said = buyer.post(reverse("purchase-cancel", args=[order.pk]), follow=True).text
    order.refresh_from_db()
    assert order.status == "cancelled" and "PO-7 is cancelled" in said
    again = buyer.post(reverse("purchase-cancel", args=[order.pk]), follow=True).text
    assert "is Cancelled already" in again


def test_a_link_changes_nothing(buyer: Client, world: World) -> None:
    order = write(buyer, world)
    assert buyer.get(reverse("purchase-approve", args=[order.pk])).status_code == 405
    for name in ("purchase-cancel", "purchase-close"):
        buyer.get(reverse(name, args=[order.pk]))
    order.refresh_from_db()
    assert order.status == "draft"


def test_without_an_account_one_is_chosen_first(operator: Client, world: World) -> None:
    page = operator.get(reverse("purchase-new")).text.partition("<main")[2]
    assert "Choose an account" in page
    choice = {"account": str(world.juniper.pk), "next": reverse("purchase-new")}
    assert all(f'name="{name}" value="{value}"' in page for name, value in choice.items())
    assert operator.post(reverse("purchase-new"), entered(world)).status_code == 200
    assert not PurchaseOrder.objects.exists()
