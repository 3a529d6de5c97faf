"""Mappings from programs: many rows at once or not at all, by the rules of the pages."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dockline.domain.carriers.models import Carrier, Service
from dockline.domain.history.models import Event
from dockline.domain.mappings.models import CarrierMapping, Draft, ReferenceMapping, SkuMapping
from dockline.domain.products.models import Product, Variant
from tests.api.conftest import Program
from tests.support.page_world import World


@pytest.fixture
def address(world: World) -> str:
    carrier = Carrier.objects.create(account=world.juniper, code="STARTRACK", name="StarTrack")
    Service.objects.create(carrier=carrier, code="EXPRESS", name="Express")
    return f"/channels/{world.channel.pk}/mappings"


def add_variants(world: World, count: int) -> list[str]:
    product = Product.objects.create(account=world.juniper, name="Plate")
    skus = [f"PLATE-{number:03}" for number in range(count)]
    Variant.objects.bulk_create([Variant(account=world.juniper, product=product, sku=sku, name=sku) for sku in skus])
    return skus


def test_skus_are_saved_listed_and_removed(program: Program, address: str) -> None:
    row = {"sku": "MUG-1", "channel_sku": "NS-MUG"}
    saved = program.send("PUT", f"{address}/skus", {"rows": [row]})
    assert (saved.status_code, saved.json()["added"]) == (200, 1), saved.text
    assert program.get(f"{address}/skus").json() == {"items": [row], "next_offset": None}
    assert program.send("PUT", f"{address}/skus", {"rows": [row]}).json()["same"] == 1
    changed = program.send("PUT", f"{address}/skus", {"rows": [row | {"channel_sku": "NS-MUG-2"}]})
    assert changed.json()["changed"] == 1
    assert Event.objects.filter(actor="API key robot", subject_kind="channel").count() == 2
    gone = program.send("DELETE", f"{address}/skus?sku=MUG-1")
    assert (gone.status_code, gone.json()["removed"]) == (200, 1)
    assert not SkuMapping.objects.exists()
    again = program.send("DELETE", f"{address}/skus?sku=MUG-1")
    assert (again.status_code, again.json()["field"]) == (404, "sku")


def test_carriers_are_saved_listed_and_removed(program: Program, address: str) -> None:
    row = {
        "carrier": "STARTRACK",
        "service": "EXPRESS",
        "channel_carrier": "Star Track",
        "channel_service": "Exp",
        "primary": True,
    }
    assert program.send("PUT", f"{address}/carriers", {"rows": [row]}).json()["added"] == 1
    assert program.get(f"{address}/carriers").json()["items"] == [row]
    asked = f"{address}/carriers?channel_carrier=Star Track&channel_service="
    assert program.send("DELETE", asked.replace(" ", "%20")).status_code == 404
    assert program.send("DELETE", asked.replace(" ", "%20") + "Exp").json()["removed"] == 1
    assert not CarrierMapping.objects.exists()


def test_references_are_saved_listed_and_removed(program: Program, address: str) -> None:
    row = {"object": "sales_order", "code": "gift_note", "property": "references.gift"}
    saved = program.send("PUT", f"{address}/references", {"rows": [row]})
    assert saved.status_code == 200, saved.text
    assert program.get(f"{address}/references").json()["items"] == [row]
    assert program.send("DELETE", f"{address}/references?object=sales_order&code=gift_note").json()["removed"] == 1
    assert not ReferenceMapping.objects.exists()


@pytest.mark.parametrize(
    ("kind", "rows", "field"),
    [
        ("skus", [], "rows"),
        ("skus", [{"sku": "MUG-1"}], "rows.0.channel_sku"),
        ("skus", [{"sku": "MUG-1", "channel_sku": "A", "note": ""}], "rows.0.note"),
        ("skus", [{"sku": "MUG-1", "channel_sku": "a\x07"}], "rows.0.channel_sku"),
        ("skus", [{"sku": "MUG-1", "channel_sku": "x" * 201}], "rows.0.channel_sku"),
        ("skus", [{"sku": "MUG-1", "channel_sku": "A"}, {"sku": "NOBODY", "channel_sku": "B"}], "rows.1.sku"),
        ("skus", [{"sku": "MUG-1", "channel_sku": "A"}] * 5001, "rows"),
        ("carriers", [{"carrier": "NOBODY", "channel_carrier": "X"}], "rows.0.carrier"),
        ("carriers", [{"carrier": "STARTRACK", "channel_carrier": ""}], "rows.0.channel_carrier"),
        ("carriers", [{"carrier": "STARTRACK", "channel_carrier": "X", "primary": "perhaps"}], "rows.0.primary"),
        ("references", [{"object": "invoice", "code": "a", "property": "references.a"}], "rows.0.object"),
    ],
)
def test_one_row_in_error_refuses_all(program: Program, address: str, kind: str, rows: Any, field: str) -> None:
    response = program.send("PUT", f"{address}/{kind}", {"rows": rows})
    assert (response.status_code, response.json()["field"]) == (422, field), response.text
    assert not SkuMapping.objects.exists() and not CarrierMapping.objects.exists()
    assert not ReferenceMapping.objects.exists() and not Draft.objects.exists()


def test_many_rows_take_no_more_queries_than_one(world: World, program: Program, address: str) -> None:
    skus = add_variants(world, 60)
    rows = [{"sku": sku, "channel_sku": f"NS-{sku}"} for sku in skus]
    with CaptureQueriesContext(connection) as few:
        program.send("PUT", f"{address}/skus", {"rows": rows[:1]})
    with CaptureQueriesContext(connection) as many:
        assert program.send("PUT", f"{address}/skus", {"rows": rows[1:]}).json()["added"] == 59
    assert len(many) <= len(few)
    page = program.get(f"{address}/skus", limit=50).json()
    rest = program.get(f"{address}/skus", limit=50, offset=page["next_offset"]).json()
    assert page["items"] + rest["items"] == rows and rest["next_offset"] is None


def test_a_channel_without_such_mappings_says_so(world: World, overseer: Program) -> None:
    address = f"/channels/{world.by_hand.pk}/mappings/carriers"
    response = overseer.send("PUT", address, {"rows": [{"carrier": "A", "channel_carrier": "B"}]})
    assert response.status_code == 422 and "takes no Carrier Mappings" in response.json()["message"]
