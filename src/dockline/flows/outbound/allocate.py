"""Choose the warehouses, promise stock, cut a shipment at each; or say why an order waits.

Reads levels, reservations and where the account's orders go. Writes shipments, reservations, orders, issues and
history. Wakes catalog export and export.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ShippingChannel
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.allocation import Allocation, Place, Sent, Wanted, allocate
from dockline.domain.inventory.operations import Promise
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.products import queries as products
from dockline.domain.products.rules import Alternate, VariantId
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments.operations import NewLine, NewShipment
from dockline.domain.shipments.queries import LineWithProgress
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import job_names
from dockline.flows.outbound import explode, recognise
from dockline.gateway import directory
from dockline.kit.queue import port as queue

Lines = Mapping[int, Sequence[LineWithProgress]]
Reach = Mapping[int, Sequence[ShippingChannel]]
"""By order the channels it may go to, the preferred one first; none for an order that nobody can ship."""

Alternates = Mapping[int, Sequence[Alternate]]
Plans = Sequence[tuple[SalesOrder, Allocation]]
SHORT_SKUS_NAMED = 3
ASKED_TO_DECIDE = (causes.SHIPPED_LESS, causes.SHIPPED_NOTHING)
"""What a person answers by having the order allocated again."""


def allocate_orders(due: Sequence[SalesOrder], lines: Lines, *, account_id: int, now: datetime) -> None:
    """Allocate locked orders, oldest first, and set their fields; the caller stores them. Needs a transaction."""
    lines, inexact = explode.explode_bundles(due, lines, now=now)
    routes = channels.get_routes(account_id)
    reach = {order.id: routes.get(order.requested_warehouse_id, ()) for order in due}
    _ask_for_warehouse([order for order in due if not reach[order.id]], now=now)
    going = [order for order in due if reach[order.id]]
    alternates = products.get_alternates({line.variant_id for order in going for line in lines[order.id]}, usable=True)
    wanted = {order.id: _wanted(lines[order.id], alternates) for order in going}
    free = _lock_stock(reach, wanted)

    plans = []
    for order in going:
        plan = allocate(
            wanted[order.id],
            [Place(one.warehouse_id, free[one.warehouse_id], checked=one.is_checked) for one in reach[order.id]],
            partial=reach[order.id][0].partial_backorder,
            cannot_go=inexact,
        )
        for warehouse_id, promised in plan.parts.items():
            for (_, variant_id), quantity in promised.items():
                free[warehouse_id][variant_id] = free[warehouse_id].get(variant_id, Decimal(0)) - quantity
        plans.append((order, plan))

    for channel in _list_channels(reach):
        _cut(plans, wanted, channel, now=now)
    _tell(plans, reach, now=now)
    _tell_of_alternates(plans, wanted, alternates, now=now)
    _say_why_they_wait(plans, reach, now=now)


def _list_channels(reach: Reach) -> list[ShippingChannel]:
    """The channels that orders may go to, in the order in which all accounts lock and write warehouses."""
    return sorted({channel for route in reach.values() for channel in route}, key=lambda one: one.warehouse_id)


def _lock_stock(reach: Reach, wanted: Mapping[int, Sequence[Wanted]]) -> dict[int, dict[int, Decimal]]:
    """By warehouse what may be promised of each variant. Its stock is ours to promise until this transaction ends."""
    variants: dict[int, set[int]] = defaultdict(set)
    for order_id, wants in wanted.items():
        for channel in reach[order_id]:
            for want in wants:
                variants[channel.warehouse_id].update((want.variant_id, *want.alternates))
    free: dict[int, dict[int, Decimal]] = {}
    for channel in _list_channels(reach):
        inventory.lock_warehouse_stock(channel.warehouse_id)
        asked = variants[channel.warehouse_id] if channel.is_checked else ()
        free[channel.warehouse_id] = stock.get_available(channel.warehouse_id, asked) if asked else {}
    return free


def _wanted(lines: Sequence[LineWithProgress], alternates: Alternates) -> list[Wanted]:
    return [
        Wanted(
            line.line_id,
            line.variant_id,
            line.sku,
            missing,
            line.part_of,
            line.per_bundle,
            tuple(one.variant_id for one in alternates.get(line.variant_id, ())),
        )
        for line in lines
        if (missing := line.ordered - line.shipped - line.cancelled - line.under_way) > 0
    ]


def _cut(plans: Plans, wanted: Mapping[int, Sequence[Wanted]], channel: ShippingChannel, *, now: datetime) -> None:
    variant_of = {want.line_id: want.variant_id for wants in wanted.values() for want in wants}
    new = [
        NewShipment(
            order.id,
            order.number,
            [
                NewLine(line_id, quantity, None if variant_id == variant_of[line_id] else variant_id)
                for (line_id, variant_id), quantity in plan.parts[channel.warehouse_id].items()
            ],
        )
        for order, plan in plans
        if channel.warehouse_id in plan.parts
    ]
    if not new:
        return
    made = shipments.cut_shipments(
        new,
        channel_id=channel.channel_id,
        marker=accounts.get_marker(),
        reference_length=directory.get_connector(channel.connector).limits.reference_length,
        now=now,
    )
    inventory.reserve(
        [Promise(line.id, line.alternate_id or variant_of[line.order_line_id], line.quantity) for line in made],
        warehouse_id=channel.warehouse_id,
        now=now,
    )
    recognise.look_for_forgotten(sorted({line.shipment_id for line in made}), channel_id=channel.channel_id, now=now)
    if Capability.EXPORT_PRODUCTS in directory.get_connector(channel.connector).capabilities:
        queue.wake(job_names.EXPORT_PRODUCTS, channel.channel_id, priority=1)
    queue.wake(job_names.EXPORT_SHIPMENTS, channel.channel_id)


def _tell(plans: Plans, reach: Reach, *, now: datetime) -> None:
    facts = []
    for order, plan in plans:
        if plan.parts:
            order.status = OrderStatus.FULFILLING
            sentence = _name_parts(plan, reach[order.id])
            facts.append(Fact(order.account_id, "allocated", "order", order.id, sentence))
    history.remember(facts, actor="allocation", now=now)


def _tell_of_alternates(
    plans: Plans, wanted: Mapping[int, Sequence[Wanted]], alternates: Alternates, *, now: datetime
) -> None:
    """Say of each line what is sent instead of what."""
    skus = {one.variant_id: one.sku for several in alternates.values() for one in several}
    facts = []
    for order, plan in plans:
        sent: dict[Sent, Decimal] = defaultdict(Decimal)
        for promised in plan.parts.values():
            for key, quantity in promised.items():
                sent[key] += quantity
        for want in wanted[order.id]:
            for variant_id in want.alternates:
                if taken := sent.get((want.line_id, variant_id)):
                    what = f"{format_quantity(taken)} {skus[VariantId(variant_id)]}"
                    sentence = f"{what} sent instead of {want.sku}, which is short."
                    facts.append(Fact(order.account_id, "substituted", "order", order.id, sentence))
    history.remember(facts, actor="allocation", now=now)


def _say_why_they_wait(plans: Plans, reach: Reach, *, now: datetime) -> None:
    short, covered = [], []
    for order, plan in plans:
        order.is_backordered = bool(plan.short)
        order.waiting_reason = _name_shortage(order, plan, reach[order.id]) if plan.short else ""
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
                channel_id=reach[order.id][0].channel_id,
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
    if not batch:
        return
    names = {one: warehouses.get_name(one) for one in {order.requested_warehouse_id for order in batch} if one}
    for order in batch:
        asked = order.requested_warehouse_id
        order.waiting_reason = (
            f"{names[asked]}, which the order asks for, has no channel that can ship for this account."
            if asked
            else "No warehouse with a channel can ship for this account."
        )
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


def _name_shortage(order: SalesOrder, plan: Allocation, route: Sequence[ShippingChannel]) -> str:
    named = [f"{sku} short by {format_quantity(missing)}" for sku, missing in plan.short[:SHORT_SKUS_NAMED]]
    more = len(plan.short) - len(named)
    rest = f" and {more} more" if more > 0 else ""
    place = _name_all(route) + (", which the order asks for" if order.requested_warehouse_id else "")
    return f"Not enough stock at {place}: {', '.join(named)}{rest}."


def _name_all(route: Sequence[ShippingChannel]) -> str:
    *others, last = [channel.warehouse_name for channel in route]
    return f"{', '.join(others)} and {last} together" if others else last


def _name_parts(plan: Allocation, route: Sequence[ShippingChannel]) -> str:
    parts: list[str] = []
    for channel in route:
        if count := len({line_id for line_id, _ in plan.parts.get(channel.warehouse_id, {})}):
            allocated = "" if parts else " allocated"
            parts.append(f"{count} {'line' if count == 1 else 'lines'}{allocated} at {channel.warehouse_name}")
    rest = f"; {len(plan.short)} still short" if plan.short else ""
    return f"{', '.join(parts)}{rest}."
