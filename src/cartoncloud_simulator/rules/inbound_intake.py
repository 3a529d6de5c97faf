"""Taking an inbound order in: its lines are looked up and announced, or the order is rejected."""

from dataclasses import dataclass
from typing import Any

from cartoncloud_simulator.rules import backorders, inbound_stock, receiving, requirements
from cartoncloud_simulator.rules.intake_lines import LineProblem, LineRules, RequestedItem, read_line
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.world.entities import Client
from cartoncloud_simulator.world.inbound import InboundItem, InboundOrder
from cartoncloud_simulator.world.quantities import ONE
from cartoncloud_simulator.world.world import World, new_id


@dataclass(slots=True)
class InboundDraft:
    """A well-formed request, its customer and warehouse found, its lines still as sent."""

    client: Client
    customer_id: str
    warehouse_id: str
    references: dict[str, Any]
    details: dict[str, Any]
    properties: dict[str, Any]
    lines: list[dict[str, Any]]
    is_draft: bool
    replaces: InboundOrder | None


def take_in(world: World, draft: InboundDraft) -> InboundOrder:
    """Create the order, REJECTED if a line's problem says so."""
    if draft.replaces is not None:
        remove_order(world, draft.replaces)
    initial = world.customer_settings(draft.customer_id).inbound_initial_status
    order = new_order(
        world,
        client_id=draft.client.id,
        customer_id=draft.customer_id,
        warehouse_id=draft.warehouse_id,
        references=draft.references,
        details=draft.details,
        properties=draft.properties,
    )
    _read_lines(world, order, draft.lines, status="DRAFT" if draft.is_draft else initial)
    world.save(order)
    if order.status == "RECEIVED":
        backorders.fill_waiting(world, {item.product_id for item in order.items})
    return order


def new_order(world: World, **facts: Any) -> InboundOrder:
    """An order with an identity and a time, not yet kept."""
    now = world.clock.now()
    return InboundOrder(
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound", facts["customer_id"]),
        seq=world.next_seq(),
        status=facts.pop("status", "NOT_YET_RECEIVED"),
        created_at=now,
        modified_at=now,
        visible_at=world.clock.seconds(),
        **facts,
    )


def reprocess(world: World, order: InboundOrder) -> None:
    """Staff have a rejected order imported once more, under its id."""
    if order.status != "REJECTED":
        raise plain(409, f"An inbound order in status {order.status} cannot be reprocessed")
    earlier = order.errors
    status = world.customer_settings(order.customer_id).inbound_initial_status
    _read_lines(world, order, order.sent_lines, status=status)
    order.errors = order.errors or earlier
    receiving.advance(world, order, order.status)


def check_removable(world: World, order: InboundOrder) -> None:
    """Refuse where somebody else has a claim on the order's stock."""
    inbound_stock.check_untouched(world, [item.lot_id for item in order.items if item.lot_id is not None])


def remove_order(world: World, order: InboundOrder) -> None:
    """Let the order disappear, with its stock."""
    inbound_stock.take_back(world, order)
    world.remove("inbound", order.id)


def _read_lines(world: World, order: InboundOrder, lines: list[dict[str, Any]], *, status: str) -> None:
    rules = LineRules.inbound(world.customer_settings(order.customer_id))
    order.errors, order.warnings, order.items, order.sent_lines = [], [], [], []
    for sent in lines:
        line = read_line(world, sent, customer_id=order.customer_id, rules=rules)
        if line.problem is None:
            line.problem = _judge_properties(world, order, line)
        if line.problem is None:
            order.items.append(_item(world, order, line, str(sent.get("status") or "OK")))
            if line.replaced_unit:
                order.warnings.append(line.describe("Unit of measure replaced by the default"))
        else:
            (order.warnings if line.is_dropped else order.errors).append(line.describe_problem())
    if not order.items and not order.errors:
        order.errors.append("There are no products left on the order")
    if order.errors:
        order.status, order.sent_lines = "REJECTED", lines
        if not world.settings.rejected_orders_keep_items:
            order.items = []
        return
    order.status = status
    if status == "RECEIVED":
        arrived = [receiving.arrive(world, item) for item in order.items]
        inbound_stock.settle(world, order, arrived, status=status)


def _judge_properties(world: World, order: InboundOrder, line: RequestedItem) -> LineProblem | None:
    assert line.product
    policy = world.customer_settings(order.customer_id)
    properties = line.requested.constraints
    if line.quantity * line.unit_size != ONE and any(name in properties for name in policy.single_unit_stock_fields):
        return LineProblem.SINGLE_UNIT
    lacking = requirements.missing_inbound(line.product, {**line.kept_properties, **properties})
    return LineProblem.PROPERTY_MISSING if lacking and policy.required_properties_checked == "import" else None


def _item(world: World, order: InboundOrder, line: RequestedItem, status: str) -> InboundItem:
    assert line.product
    return InboundItem(
        id=new_id(),
        numeric_id=world.next_numeric_id("inbound_item", order.customer_id),
        product_id=line.product.id,
        unit=line.unit,
        unit_size=line.unit_size,
        quantity=line.quantity,
        expected=line.quantity,
        status=status,
        properties={**line.requested.constraints, **line.kept_properties},
    )
