"""Bundles: sold as one, allocated, sent and shipped as their components, and read back as whole sets."""

from decimal import Decimal

import pytest
from typer.testing import CliRunner

from dockline.domain.channels.models import Channel
from dockline.domain.history.models import Event
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.models import Level
from dockline.domain.orders import operations
from dockline.domain.orders import queries as orders
from dockline.domain.orders.changing import OrderContent, WantedLine
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.queries import OrderLineDetail
from dockline.domain.orders.rules import OrderId
from dockline.domain.products import queries as products
from dockline.domain.products.models import BundlePart
from dockline.domain.shipments.models import ShipmentLine
from dockline.domain.tables.rules import Outcome
from dockline.domain.warehouses.models import Warehouse
from dockline.flows.outbound import change
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.errors import Invalid
from tests.flows.test_tables import bring, plan, refusals
from tests.simulator.caller import Caller
from tests.support.hub import Hub, hub_with_manual_warehouse

HEAD = "bundle,component,quantity\n"
HAMPER = HEAD + "HAMPER,JAM,2\nHAMPER,TEA,1\n"


def lines_of(order: SalesOrder) -> list[OrderLineDetail]:
    return list(orders.get_order(OrderId(order.pk)).lines)


def told(order: SalesOrder) -> list[tuple[str, int, int, int]]:
    """SKU, ordered, shipped and what is of no whole bundle, in the order of the page."""
    return [(line.sku, int(line.ordered), int(line.shipped), int(line.loose)) for line in lines_of(order)]


def define(shop: Hub) -> None:
    for sku in ("HAMPER", "JAM", "TEA"):
        shop.variant(sku)
    assert set(bring(shop, "bundles", HAMPER)) == {Outcome.ADDED}


def test_a_bundle_leaves_as_its_components_and_comes_back_as_sets(hub: Hub) -> None:
    define(hub)
    hub.stock(JAM=6, TEA=10)
    order = hub.order("B-1", HAMPER=3, TEA=1)
    hub.work()

    assert hub.far is not None
    there = hub.far_orders()[0]
    sent = sorted((line["code"], int(Decimal(line["quantity"]))) for line in there["lines"])
    assert sent == [("JAM", 6), ("TEA", 1), ("TEA", 3)]
    with Caller(hub.far) as api:
        assert {one["references"]["code"] for one in api.search("warehouse-products")} == {"JAM", "TEA"}
    hub.check()

    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    assert told(order) == [("HAMPER", 3, 3, 0), ("JAM", 6, 6, 0), ("TEA", 3, 3, 0), ("TEA", 1, 1, 0)]
    order.refresh_from_db()
    assert order.status == "shipped"
    hub.check()


def test_of_a_bundle_that_was_sent_more_and_fewer_can_be_wanted(hub: Hub) -> None:
    define(hub)
    hub.stock(JAM=20, TEA=20)
    order = hub.order("B-1", HAMPER=1)
    hub.work()

    def want(number: int, sku: str, quantity: str) -> str:
        detail = orders.get_order(OrderId(order.pk))
        content = OrderContent(detail.content.header, (WantedLine(number, sku, Decimal(quantity)),))
        asked = change.change_order(
            order_id=order.pk, seen_version=detail.version, content=content, actor="Mei", now=clock.now()
        )
        hub.work()
        return asked.sentence

    def sent() -> list[tuple[str, int]]:
        return sorted((line["code"], int(line["quantity"])) for one in hub.far_orders() for line in one["lines"])

    assert [line.sku for line in orders.get_order(OrderId(order.pk)).content.lines] == ["HAMPER"]
    with pytest.raises(Invalid, match="no line 2"):
        want(2, "JAM", "5")
    assert "is changed" in want(1, "HAMPER", "3")
    assert sent() == [("JAM", 2), ("JAM", 4), ("TEA", 1), ("TEA", 2)]
    hub.far.control.set(overridable_statuses=["REJECTED", "AWAITING_PICK_AND_PACK"])
    want(1, "HAMPER", "1")
    assert told(order) == [("HAMPER", 1, 0, 0), ("JAM", 2, 0, 0), ("TEA", 1, 0, 0)]
    assert sent() == [("JAM", 2), ("TEA", 1)]


def test_a_part_that_is_short_is_sent_as_its_alternate_and_makes_its_set(hub: Hub) -> None:
    define(hub)
    hub.variant("JELLY")
    bring(hub, "alternates", "sku,alternate,rank,active\nJAM,JELLY,1,yes\n")
    Channel.objects.update(backorder_mode="hub", partial_backorder=True)
    hub.stock(JAM=3, JELLY=9, TEA=2)
    order = hub.order("B-1", HAMPER=3)
    hub.work()

    def sent() -> list[tuple[str, int]]:
        return sorted((line["code"], int(line["quantity"])) for one in hub.far_orders() for line in one["lines"])

    assert sent() == [("JAM", 3), ("JELLY", 1), ("TEA", 2)]
    order.refresh_from_db()
    assert order.waiting_reason.endswith(": TEA short by 1.")
    said = Event.objects.filter(kind="substituted", subject_id=order.pk).values_list("sentence", flat=True)
    assert list(said) == ["1 JELLY sent instead of JAM, which is short."]
    hub.check()

    assert hub.far is not None
    hub.far.clock.advance(seconds=2)
    hub.far.control.post("/crew/step", {"stage": "all"})
    hub.receive()
    assert told(order) == [("HAMPER", 3, 2, 0), ("JAM", 6, 4, 0), ("TEA", 3, 2, 0)], "sets, whatever was in them"
    hub.check()
    hub.stock(TEA=1)
    hub.work()
    assert sent()[-3:] == [("JELLY", 2), ("TEA", 1), ("TEA", 2)], "the rest follows, of what there is"
    hub.check()


@pytest.fixture
def shop(db: None) -> Hub:
    """A shop in a transaction that is rolled back."""
    made = hub_with_manual_warehouse()
    define(made)
    return made


@pytest.fixture
def sending_shop(manual_hub: Hub) -> Hub:
    """A shop that sends, for which it commits."""
    define(manual_hub)
    return manual_hub


def give(shop: Hub, **quantities: int) -> None:
    code = Warehouse.objects.get().code
    rows = "".join(f"{code},{sku},EA,{count},{count},0\n" for sku, count in quantities.items())
    bring(shop, "levels", f"warehouse,sku,unit,on_hand,free,incoming\n{rows}")


def test_what_a_bundle_is_made_of_later_changes_no_order_that_was_allocated(sending_shop: Hub) -> None:
    give(sending_shop, JAM=100, TEA=100)
    before = sending_shop.order("B-1", HAMPER=1)
    sending_shop.work()
    assert bring(sending_shop, "bundles", HEAD + "HAMPER,JAM,5\n") == {Outcome.CHANGED: 1, Outcome.REMOVED: 1}
    after = sending_shop.order("B-2", HAMPER=1)
    sending_shop.work()
    assert told(before) == [("HAMPER", 1, 0, 0), ("JAM", 2, 0, 0), ("TEA", 1, 0, 0)]
    assert told(after) == [("HAMPER", 1, 0, 0), ("JAM", 5, 0, 0)]
    sending_shop.check()


def test_a_part_of_a_bundle_that_comes_to_no_exact_quantity_is_not_rounded(sending_shop: Hub) -> None:
    bring(sending_shop, "bundles", HEAD + "HAMPER,JAM,0.000001\n")
    order = sending_shop.order("B-1", HAMPER="0.5")
    sending_shop.work()
    assert told(order) == [("HAMPER", 0, 0, 0)]
    order.refresh_from_db()
    assert order.waiting_reason == "Not enough stock at Brisbane: HAMPER short by 0.5."


def test_as_many_bundles_are_available_as_their_scarcest_component_makes(shop: Hub) -> None:
    give(shop, JAM=7, TEA=9)
    hamper = shop.variant("HAMPER")
    recipe = products.get_parts([hamper.pk])
    assert stock.list_sets_available(recipe) == {hamper.pk: [("Brisbane", 3)]}


def test_half_a_set_is_told_as_such_and_the_other_half_follows_alone(transactional_db: None) -> None:
    # What has gone is written into the lines alone, which the sentences about the books would call wrong.
    shop = hub_with_manual_warehouse()
    define(shop)
    give(shop, JAM=100, TEA=100)
    order = shop.order("B-1", HAMPER=2)
    shop.work()
    carried = {line.order_line.sku: line for line in ShipmentLine.objects.select_related("order_line")}
    jam, tea = carried["JAM"].order_line_id, carried["TEA"].order_line_id
    operations.add_shipped_quantities({jam: Decimal(4), tea: Decimal(1)})
    assert told(order) == [("HAMPER", 2, 1, 0), ("JAM", 4, 4, 2), ("TEA", 2, 1, 0)]
    operations.add_cancelled_quantities({tea: Decimal(1)})
    assert [int(line.cancelled) for line in lines_of(order)] == [1, 0, 1]
    assert [int(line.remaining) for line in lines_of(order)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("BOX,HAMPER,1", "is a bundle itself"),
        ("JAM,TEA,1", "is a component of HAMPER"),
        ("BOX,CASE,1\nCASE,TEA,1", "is a bundle itself"),
        ("BOX,BOX,1", "is the bundle itself"),
        ("BOX,GHOST,1", "is no product's SKU"),
        ("BOX,TEA,0", "must be more than 0"),
        ("BOX,TEA,1\nBOX,TEA,2", "is there twice"),
    ],
)
def test_a_bundle_is_made_of_single_products(shop: Hub, rows: str, reason: str) -> None:
    shop.variant("BOX")
    shop.variant("CASE")
    made = plan(shop, "bundles", HEAD + rows)
    assert [reason in why for _, _, why in refusals(made)] == [True]
    assert BundlePart.objects.count() == 2


def test_a_bundle_is_neither_stocked_nor_bought(shop: Hub) -> None:
    code = Warehouse.objects.get().code
    level = plan(shop, "levels", f"warehouse,sku,unit,on_hand,free,incoming\n{code},HAMPER,EA,1,1,0\n")
    assert "is a bundle" in refusals(level)[0][2]
    head = "number,warehouse,supplier,arrival_on,instructions,status,line,sku,unit,quantity,lot,serial,expires_on"
    order = plan(shop, "purchases", f"{head}\nP-1,{code},,,,,,HAMPER,,1,,,\n")
    assert "order its components" in refusals(order)[0][2]


def test_an_order_waits_for_the_alternates_of_its_parts_too(sending_shop: Hub) -> None:
    sending_shop.variant("JELLY")
    bring(sending_shop, "alternates", "sku,alternate,rank,active\nJAM,JELLY,1,yes\n")
    Channel.objects.update(backorder_mode="hub", partial_backorder=False)
    give(sending_shop, JAM=3, TEA=9)
    order = sending_shop.order("B-1", HAMPER=2)
    sending_shop.work()
    order.refresh_from_db()
    assert not sending_shop.shipments(order) and "JAM short by 1" in order.waiting_reason
    give(sending_shop, JELLY=4)
    sending_shop.work()
    (shipment,) = sending_shop.shipments(order)
    done = CliRunner().invoke(app, ["confirm", shipment.reference])
    assert done.exit_code == 0, done.output
    assert told(order) == [("HAMPER", 2, 2, 0), ("JAM", 4, 4, 0), ("TEA", 2, 2, 0)]
    left = dict(Level.objects.values_list("variant__sku", "on_hand"))
    assert (left["JAM"], left["JELLY"], left["TEA"]) == (3, 0, 7), "a line goes whole as one product"
    sending_shop.check()
