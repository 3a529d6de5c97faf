"""Choose the warehouse, promise stock, cut shipments; or say why an order waits.

Reads levels, reservations and the account's default channel. Writes shipments, reservations, orders, issues and
history. Wakes catalog export and export.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ShippingChannel
from dockline.domain.channels.rules import BackorderMode
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.operations import Promise
from dockline.domain.inventory.rules import Allocation, Wanted, allocate
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments.operations import NewShipment
from dockline.domain.shipments.queries import LineWithProgress
from dockline.flows import job_names
from dockline.flows.outbound import explode, recognise
from dockline.gateway import directory
from dockline.kit.queue import port as queue

Lines = Mapping[int, Sequence[LineWithProgress]]
SHORT_SKUS_NAMED = 3
ASKED_TO_DECIDE = (causes.SHIPPED_LESS, causes.SHIPPED_NOTHING)
"""What a person answers by having the order allocated again."""


def allocate_orders(due: Sequence[SalesOrder], lines: Lines, *, account_id: int, now: datetime) -> None:
    """Allocate locked orders, oldest first, and set their fields; the caller stores them. Needs a transaction."""
    lines, inexact = explode.explode_bundles(due, lines, now=now)
    by_channel: dict[ShippingChannel | None, list[SalesOrder]] = defaultdict(list)
    routes = channels.get_shipping_channels(account_id)
    for order in due:
        by_channel[routes.get(order.requested_warehouse_id)].append(order)
    # Warehouses are locked one after the other, by all accounts in the same order.
    for channel, batch in sorted(by_channel.items(), key=lambda one: one[0].warehouse_id if one[0] else 0):
        if channel is None:
            _ask_for_warehouse(batch, now=now)
        else:
            _allocate_batch(batch, lines, channel, cannot_go=inexact, now=now)


def _allocate_batch(
    batch: Sequence[SalesOrder], lines: Lines, channel: ShippingChannel, *, cannot_go: Collection[int], now: datetime
) -> None:
    wanted = {order.id: _wanted(lines[order.id]) for order in batch}
    checked = channel.backorder_mode == BackorderMode.HUB
    # One order at a time may promise a warehouse's stock; the lock ends with this short transaction.
    inventory.lock_warehouse_stock(channel.warehouse_id)
    available = (
        stock.get_available(channel.warehouse_id, {want.variant_id for wants in wanted.values() for want in wants})
        if checked
        else {}
    )

    plans: list[tuple[SalesOrder, Allocation]] = []
    for order in batch:
        plan = allocate(
            wanted[order.id],
            available,
            partial=channel.partial_backorder,
            checked=checked,
            cannot_go=cannot_go,
        )
        for want in wanted[order.id]:
            available[want.variant_id] = available.get(want.variant_id, Decimal(0)) - plan.promised.get(
                want.line_id, Decimal(0)
            )
        plans.append((order, plan))

    _cut(plans, wanted, channel, now=now)
    _say_why_they_wait(plans, channel, now=now)


def _wanted(lines: Sequence[LineWithProgress]) -> list[Wanted]:
    return [
        Wanted(line.line_id, line.variant_id, line.sku, missing, line.part_of, line.per_bundle)
        for line in lines
        if (missing := line.ordered - line.shipped - line.cancelled - line.under_way) > 0
    ]


def _cut(
    plans: Sequence[tuple[SalesOrder, Allocation]],
    wanted: Mapping[int, Sequence[Wanted]],
    channel: ShippingChannel,
    *,
    now: datetime,
) -> None:
    new = [NewShipment(order.id, order.number, plan.promised) for order, plan in plans if plan.promised]
    if not new:
        return
    made = shipments.cut_shipments(
        new,
        channel_id=channel.channel_id,
        marker=accounts.get_marker(),
        reference_length=directory.get_connector(channel.connector).limits.reference_length,
        now=now,
    )
    variant_of = {want.line_id: want.variant_id for wants in wanted.values() for want in wants}
    inventory.reserve(
        [Promise(line.id, variant_of[line.order_line_id], line.quantity) for line in made],
        warehouse_id=channel.warehouse_id,
        now=now,
    )
    recognise.look_for_forgotten(sorted({line.shipment_id for line in made}), channel_id=channel.channel_id, now=now)
    facts = []
    for order, plan in plans:
        if plan.promised:
            order.status = OrderStatus.FULFILLING
            facts.append(Fact(order.account_id, "allocated", "order", order.id, _tell(plan, channel)))
    history.remember(facts, actor="allocation", now=now)
    if Capability.EXPORT_PRODUCTS in directory.get_connector(channel.connector).capabilities:
        queue.wake(job_names.EXPORT_PRODUCTS, channel.channel_id, priority=1)
    queue.wake(job_names.EXPORT_SHIPMENTS, channel.channel_id)


def _say_why_they_wait(
    plans: Sequence[tuple[SalesOrder, Allocation]], channel: ShippingChannel, *, now: datetime
) -> None:
    short, covered = [], []
    for order, plan in plans:
        order.is_backordered = bool(plan.short)
        order.waiting_reason = _name_shortage(plan, channel) if plan.short else ""
        if not plan.short:
            covered.append(order.id)
            continue
        short.append(
            NewIssue(
                account_id=order.account_id,
                cause=causes.NOT_ENOUGH_STOCK,
                subject_kind="order",
                subject_id=order.id,
                subject_label=order.number,
                title=order.waiting_reason,
                channel_id=channel.channel_id,
            )
        )
    issues.open_issues(short, now=now)
    if covered:
        issues.resolve_issues(
            subject_kind="order",
            subject_ids=covered,
            now=now,
            by="allocation",
            causes=[causes.NOT_ENOUGH_STOCK, causes.NO_WAREHOUSE, *ASKED_TO_DECIDE],
        )


def _ask_for_warehouse(batch: Sequence[SalesOrder], *, now: datetime) -> None:
    for order in batch:
        order.waiting_reason = "No warehouse with a channel can ship for this account."
    issues.open_issues(
        [
            NewIssue(
                account_id=order.account_id,
                cause=causes.NO_WAREHOUSE,
                subject_kind="order",
                subject_id=order.id,
                subject_label=order.number,
                title=order.waiting_reason,
            )
            for order in batch
        ],
        now=now,
    )


def _name_shortage(plan: Allocation, channel: ShippingChannel) -> str:
    named = [f"{sku} short by {format_quantity(missing)}" for sku, missing in plan.short[:SHORT_SKUS_NAMED]]
    more = len(plan.short) - len(named)
    rest = f" and {more} more" if more > 0 else ""
    return f"Not enough stock at {channel.warehouse_name}: {', '.join(named)}{rest}."


def _tell(plan: Allocation, channel: ShippingChannel) -> str:
    lines = "1 line" if len(plan.promised) == 1 else f"{len(plan.promised)} lines"
    rest = f"; {len(plan.short)} still short" if plan.short else ""
    return f"{lines} allocated at {channel.warehouse_name}{rest}."
