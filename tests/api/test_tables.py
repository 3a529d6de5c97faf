"""Tables by REST: out as CSV, in whole or not at all, and only with the key of the account."""

from dockline.domain.customers.models import Customer
from dockline.domain.orders.models import SalesOrder
from dockline.domain.products.models import BundlePart, Product, Variant
from tests.api.conftest import Program
from tests.support.page_world import World


def test_a_table_goes_out_and_comes_in_as_nothing_new(program: Program, world: World) -> None:
    for kind, model, mode in (
        ("products", Variant, "upsert"),
        ("customers", Customer, "upsert"),
        ("orders", SalesOrder, "add"),
    ):
        out = program.get(f"/tables/{kind}")
        assert out.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = out.content.count(b"\r\n") - 1
        assert rows == model.objects.filter(account=world.juniper).count()
        answered = program.send("PUT", f"/tables/{kind}?mode={mode}", out.content).json()
        assert (answered["is_applied"], answered["same"], answered["changed"]) == (True, rows, 0), answered["errors"]
        assert program.get(f"/tables/{kind}").content == out.content


def test_bundles_are_defined_whole_or_not_at_all(program: Program, world: World) -> None:
    bundle, *parts = "HAMPER", "JAM", "TEA"
    product = Product.objects.create(account=world.juniper, name="Hamper")
    for sku in (bundle, *parts):
        Variant.objects.create(account=world.juniper, product=product, sku=sku, name=sku)
    table = "bundle,component,quantity\n" + "".join(f"{bundle},{part},2\n" for part in parts)
    tried = program.send("PUT", "/tables/bundles?dry_run=true", table).json()
    assert (tried["is_applied"], tried["added"]) == (False, 2)
    bad = program.send("PUT", "/tables/bundles", table + f"{parts[0]},{bundle},1\n").json()
    assert not bad["is_applied"] and not BundlePart.objects.exists()
    assert [error["row"] for error in bad["errors"]] == [2, 4]

    assert program.send("PUT", "/tables/bundles", table).json()["is_applied"]
    found = program.get("/products", text=bundle).json()["items"]
    assert [one["components"] for one in found if one["sku"] == bundle] == [
        [{"sku": part, "quantity": "2"} for part in parts]
    ]


def test_what_cannot_be_brought_in_is_refused_in_one_shape(program: Program, world: World) -> None:
    for kind, table, status in (("gold", "a\n", 404), ("orders", "a\n", 422), ("carriers", "a,b\n", 422)):
        assert program.send("PUT", f"/tables/{kind}", table).status_code == status
    other = program.get("/tables/products", account_id=world.tidewater.pk)
    assert (other.status_code, other.json()["code"]) == (404, "not_found")


def test_a_product_and_a_shipment_say_what_is_sent_instead(program: Program, world: World) -> None:
    product = Product.objects.create(account=world.juniper, name="Cup")
    cup = Variant.objects.create(account=world.juniper, product=product, sku="CUP-1", name="Cup")
    table = "sku,alternate,rank,active\nMUG-1,CUP-1,1,no\n"
    assert program.send("PUT", "/tables/alternates", table).json()["is_applied"]
    found = program.get("/products", text="MUG-1").json()["items"]
    assert [one["alternates"] for one in found] == [[{"sku": "CUP-1", "rank": 1, "is_active": False}]]

    world.found_later.lines.update(alternate=cup)
    (shipment,) = program.get("/sales-orders/by-number", number="SO-1").json()["shipments"]
    assert [(line["sku"], line["instead_of"]) for line in shipment["lines"]] == [("CUP-1", "MUG-1")]
    lots = program.get("/lots/shipped", lot="B118", sku="CUP-1").json()["items"]
    assert [lot["sku"] for lot in lots] == ["CUP-1"]
    assert not program.get("/lots/shipped", lot="B118", sku="MUG-1").json()["items"]
