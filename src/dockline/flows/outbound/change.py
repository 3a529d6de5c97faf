"""A person or a program changes an order: at once as far as it is here; what a warehouse has must first be given back.

Reads and locks shipments, then their order. Writes orders, shipments, wishes, changes, issues and history. Wakes
advance and the asking (`wishes`). Nothing reads changed, and nothing is sent anew, before the warehouse let go of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from dockline.domain.dispatches.rules import WishPurpose, WishState, format_quantity
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.orders import changing
from dockline.domain.orders import operations as orders
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.changing import BundlePart, CountedIn, Difference, JudgedLine, OrderContent
from dockline.domain.orders.models import OrderChange, SalesOrder
from dockline.domain.orders.queries import OrderDetail
from dockline.domain.orders.rules import OPEN_STATUSES, OrderId, OrderStatus
from dockline.domain.products import queries as products
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import changes, job_names
from dockline.flows.changes import Change, Subject
from dockline.flows.outbound import withdraw
from dockline.flows.outbound.withdraw import NOT_SENT, TIME_TO_ANSWER
from dockline.kit.errors import ChangedMeanwhile, Invalid, NotFound, NotNow, Problem
from dockline.kit.queue import port as queue


@dataclass(frozen=True)
class Changed:
    """What became of changing an order: what it comes to, and how many shipments a warehouse must give back first."""

    number: str
    differences: tuple[Difference, ...]
    waits_for: int = 0

    @property
    def sentence(self) -> str:
        """Say it to whoever asked."""
        if not self.differences:
            return f"Order {self.number} is like that already; nothing was changed."
        if not self.waits_for:
            return f"Order {self.number} is changed."
        what = "1 shipment" if self.waits_for == 1 else f"{self.waits_for} shipments"
        return f"Order {self.number}: the warehouse is asked to give back {what}. It is not changed before it agrees."


@dataclass(frozen=True)
class _Plan:
    """A change that may be made."""

    content: OrderContent
    lines: Sequence[JudgedLine]
    differences: tuple[Difference, ...]


@transaction.atomic
def change_order(*, order_id: int, seen_version: int, content: OrderContent, actor: str, now: datetime) -> Changed:
    """Give an order another content; lines that `content` leaves out stay as they are.

    Raises UnknownOrder; Invalid, which names the field; ChangedMeanwhile when it is not as it was seen; NotNow for an
    order that is closed, being cancelled, or being changed already.
    """
    locked, order = withdraw.lock_with_shipments(order_id)
    _check_state(order)
    if order.version != seen_version:
        raise ChangedMeanwhile(f"Somebody has changed {order.number} since you saw it; nothing was overwritten.")
    detail = order_queries.get_order(OrderId(order_id))
    plan = _judge(detail, content)
    if not plan.differences:
        return Changed(order.number, ())
    here, there = withdraw.part_by_place(locked)
    touched = _list_touched(plan, detail, there, here)
    withdraw.give_back([(row, NOT_SENT) for row in here if row.id in touched], actor=actor, now=now)
    issues.resolve_issues(
        subject_kind="order", subject_ids=[order.id], now=now, by=actor, causes=[causes.CHANGE_REFUSED]
    )
    asked = [row for row in there if row.id in touched]
    if asked:
        _ask(order, plan, asked, actor=actor, now=now)
    else:
        _apply(order, plan, actor=actor, now=now)
    return Changed(order.number, plan.differences, len(asked))


@transaction.atomic
def ask_again(*, order_id: int, actor: str, now: datetime) -> Changed:
    """Ask once more for a change that was refused or not answered. Raises NotFound, NotNow, Invalid."""
    change = orders.lock_changes([order_id]).get(order_id)
    if change is None or change.state not in (WishState.REFUSED, WishState.EXPIRED):
        raise NotFound("There is no change to be asked for again.")
    content = orders.read_change(change)
    return change_order(order_id=order_id, seen_version=change.version, content=content, actor=actor, now=now)


def settle_changes(order_ids: Iterable[int], *, actor: str, now: datetime) -> None:
    """Make the changes for which all was given back, and give up those for which something was not.

    Needs a transaction that has locked the shipments it speaks of.
    """
    for order_id, change in sorted(orders.lock_changes(sorted(set(order_ids))).items()):
        if change.state == WishState.ACCEPTED:
            continue
        wishes = shipment_queries.list_wishes_of(order_id, purpose=WishPurpose.CHANGE, asked_at=change.asked_at)
        states = {state for state, _ in wishes}
        if not wishes or WishState.ASKED in states:
            continue
        if states == {WishState.ACCEPTED}:
            _make(change, actor=actor, now=now)
        elif change.state == WishState.ASKED:
            state = WishState.EXPIRED if WishState.EXPIRED in states else WishState.REFUSED
            reasons = " ".join(reason for one, reason in wishes if one is not WishState.ACCEPTED)
            _give_up(change, state, reasons, actor=actor, now=now)


def give_up_changes(order: SalesOrder, *, reason: str, actor: str, now: datetime) -> None:
    """Give up the change of a locked order that is asked, or may still come true. Nobody needs to be told."""
    change = orders.lock_changes([order.id]).get(order.id)
    if change is not None and change.state == WishState.ASKED:
        orders.answer_change(change, WishState.REFUSED, reason=reason, now=now)
    issues.resolve_issues(
        subject_kind="order", subject_ids=[order.id], now=now, by=actor, causes=[causes.CHANGE_REFUSED]
    )


def _check_state(order: SalesOrder) -> None:
    if order.status not in OPEN_STATUSES:
        raise NotNow(f"Order {order.number} is {OrderStatus(order.status).label}; it cannot be changed.")
    if order.cancel_asked_at is not None:
        raise NotNow(f"Order {order.number} is being cancelled; it cannot be changed.")
    if order_queries.list_changing([order.id]):
        raise NotNow(f"Order {order.number} is being changed already; the warehouse is asked.")


def _judge(order: OrderDetail, content: OrderContent) -> _Plan:
    """Say what a change comes to. Raises Invalid."""
    before = order.content
    changing.check_header(before.header, content.header)
    shipping = warehouses.get_shipping(order.account_id)
    asked_before = order.requested_warehouse_id
    changing.check_warehouse(content.header.requested_warehouse_id, shipping, before_id=asked_before)
    skus = sorted({line.sku for line in content.lines})
    counted = products.get_counted(order.account_id, skus)
    units = products.get_units([variant_id for variant_id, _ in counted.values()])
    counted_in = {
        sku: CountedIn(variant_id, base_unit, {unit.code: unit.base_quantity for unit in units[variant_id]})
        for sku, (variant_id, base_unit) in counted.items()
    }
    said = {line.number for line in content.lines}
    kept = [line for line in before.lines if line.number not in said]
    lines = changing.judge_lines(before.lines, [*content.lines, *kept], counted_in)
    parts = changing.judge_parts(lines, _parts_of(order))
    there = {line.number: line for line in order.lines}
    for line in [*lines, *parts]:
        was = there.get(line.number or 0)
        if was is not None and line.base_quantity < was.shipped:
            asked = was.part_of or was.number
            place = next(at for at, one in enumerate(content.lines) if one.number == asked)
            raise Invalid(
                f"{line.sku}: {format_quantity(was.shipped)} have shipped already.", field=f"lines.{place}.quantity"
            )
    named = shipping | {asked_before or 0: order.requested_warehouse_name}
    return _Plan(content, [*lines, *parts], tuple(changing.compare(before, content, lines, named)))


def _parts_of(order: OrderDetail) -> dict[int, list[BundlePart]]:
    found: dict[int, list[BundlePart]] = defaultdict(list)
    for line in order.lines:
        if line.part_of is not None and line.per_bundle is not None:
            found[line.part_of].append(
                BundlePart(line.number, line.sku, line.variant_id, line.base_unit, line.per_bundle)
            )
    return found


def _list_touched(plan: _Plan, order: OrderDetail, there: Sequence[Shipment], here: Sequence[Shipment]) -> set[int]:
    """The open shipments that cannot stay.

    All when their message changes; else those that go from another warehouse than is asked for now, and those that
    carry too much of a line.
    """
    ids = [row.id for row in (*there, *here)]
    if changing.is_told_to_warehouses(plan.differences):
        return set(ids)
    wanted = plan.content.header.requested_warehouse_id
    elsewhere = (
        shipment_queries.list_elsewhere(ids, warehouse_id=wanted)
        if wanted is not None and wanted != order.requested_warehouse_id
        else set()
    )
    staying = [shipment_id for shipment_id in ids if shipment_id not in elsewhere]
    by_number = {line.number: line for line in order.lines}
    remaining: dict[int, Decimal] = {
        by_number[line.number].id: line.base_quantity - by_number[line.number].shipped
        for line in plan.lines
        if line.number is not None
    }
    carried = shipment_queries.get_carried(staying)
    in_the_way = changing.list_in_the_way([(shipment_id, carried[shipment_id]) for shipment_id in staying], remaining)
    return elsewhere | set(in_the_way)


def _ask(order: SalesOrder, plan: _Plan, asked: Sequence[Shipment], *, actor: str, now: datetime) -> None:
    deadline = now + TIME_TO_ANSWER
    orders.ask_change(order, plan.content, plan.differences, by=actor, now=now, deadline=deadline)
    shipments.ask_wishes(
        [row.id for row in asked], asked_by=actor, now=now, deadline=deadline, purpose=WishPurpose.CHANGE
    )
    named = ", ".join(row.reference for row in asked)
    sentence = f"Asked to change the order; its warehouse must first give back {named}. {_say(plan.differences)}"
    _tell(order, "change_asked", sentence, actor=actor, now=now)
    for channel_id in sorted({row.channel_id for row in asked}):
        queue.wake(job_names.CANCEL_SHIPMENTS, channel_id)


def _make(change: OrderChange, *, actor: str, now: datetime) -> None:
    """Make a change for which there is room now, in the name of who asked for it."""
    order = orders.lock_order(change.order_id)
    if order.status not in OPEN_STATUSES or order.cancel_asked_at is not None or order.version != change.version:
        return
    content = orders.read_change(change)
    try:
        plan = _judge(order_queries.get_order(OrderId(order.id)), content)
    except Problem as problem:
        if change.state == WishState.ASKED:
            _give_up(change, WishState.REFUSED, problem.message, actor=actor, now=now)
        return
    orders.answer_change(change, WishState.ACCEPTED, reason="", now=now)
    issues.resolve_issues(
        subject_kind="order", subject_ids=[order.id], now=now, by=actor, causes=[causes.CHANGE_REFUSED]
    )
    _tell(order, "change_accepted", "The warehouse gave it back; it is changed, and sent anew.", actor=actor, now=now)
    _apply(order, plan, actor=change.asked_by, now=now)


def _give_up(change: OrderChange, state: WishState, reason: str, *, actor: str, now: datetime) -> None:
    """The order goes on as it was; what was given back of it is sent anew as it was."""
    orders.answer_change(change, state, reason=reason, now=now)
    order = orders.lock_order(change.order_id)
    said = "did not answer in time" if state is WishState.EXPIRED else "did not give it back"
    sentence = f"{order.number} is not changed: {actor} {said}. {reason}".strip()
    _tell(order, "change_refused", sentence, actor=actor, now=now)
    issue = NewIssue(order.account_id, causes.CHANGE_REFUSED, "order", order.id, order.number, sentence)
    issues.open_issues([issue], now=now)
    orders.wake_orders([order.id], now=now)
    queue.wake(job_names.ADVANCE, order.account_id)


def _apply(order: SalesOrder, plan: _Plan, *, actor: str, now: datetime) -> None:
    """Change a locked order, remember what from and to, and have it and those who waited for its stock looked at."""
    orders.change_content(order, plan.content.header, plan.lines)
    changes.remember_changes(
        Subject("order", order.id, order.account_id),
        [Change(one.field, one.label, one.before, one.after) for one in plan.differences],
        actor=actor,
        now=now,
        version=order.version,
    )
    order.wake_at = now
    orders.save_orders([order])
    variants = [line.variant_id for line in plan.lines]
    orders.wake_backorders(order.account_id, variant_ids=variants, now=now)
    queue.wake(job_names.ADVANCE, order.account_id)


def _tell(order: SalesOrder, kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    history.remember([Fact(order.account_id, kind, "order", order.id, sentence)], actor=actor, now=now)


def _say(differences: Sequence[Difference]) -> str:
    return "; ".join(one.sentence for one in differences) + "."
