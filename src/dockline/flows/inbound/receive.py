"""Bring back what arrived at the warehouse.

Reads the feed page by page, outside any transaction. Writes receipts, purchase orders with their dispatch, links,
levels, history and issues together with the feed's position. Wakes the inventory: what arrived is in the next stock
report.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from dockline.connectors.contract.capabilities import Capability, ReceivesReceipts
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import FarReceiptStatus, ReceiptNotice, ReceiptPage
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import Answered, DispatchState, Doubled, Event, LookedUp
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as stock
from dockline.domain.inventory.operations import Arrived
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.mappings import queries as mappings
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.models import PurchaseOrder, Receipt
from dockline.domain.purchases.operations import ArrivedLine, NewReceipt
from dockline.domain.purchases.rules import Booked, PurchaseStatus
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind
from dockline.flows import job_names, progress
from dockline.flows.answers import UNRESOLVED
from dockline.flows.inbound import messages, remember, vanish
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing
from dockline.kit.queue import port as queue

FEED = "receipts"
SELLABLE = "OK"
"""The condition in which goods can be promised; in any other they only lie there."""

LONGEST_TEXT, LONGEST_WORD = 200, 60
"""What is kept of the far side's texts: one that is longer must not stop the feed."""


@dataclass
class _Taken:
    """What a page of notices changed."""

    changes: list[PlannedChange] = field(default_factory=list)
    foreign: int = 0


def receive_receipts(channel_id: int, *, cause: str) -> None:
    """Read the receipts feed of a channel to its end."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    with progress.follow(connection, RunKind.RECEIVE_RECEIPTS, cause=cause) as log:
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.RECEIVE_RECEIPTS):
                return
            feed: ReceivesReceipts = conversation.connector
            pages = feed.receive_receipts(exchange_queries.find_position(channel_id, feed=FEED))
            if log.speaks_of_a_plan:
                _take_as_planned(list(pages), connection, log)
            else:
                _take_one_by_one(pages, connection, log)
                vanish.look_for_vanished(conversation, log)
        except ConnectorError as error:
            log.fail(error.message)
            reactions.react(connection, error, now=clock.now())
        else:
            reactions.recover(connection, now=clock.now())


def _take_one_by_one(pages: Iterable[ReceiptPage], connection: Connection, log: RunLog) -> None:
    for page in pages:
        with committing(Failpoint.RECEIPTS_RECEIVED):
            taken = _take(page, connection)
        _report(page, taken, log)
        if log.stop_asked:
            return


@committing(Failpoint.RECEIPTS_RECEIVED)
def _take_as_planned(pages: Sequence[ReceiptPage], connection: Connection, log: RunLog) -> None:
    taken = [_take(page, connection) for page in pages]
    log.agree([change for one in taken for change in one.changes])
    for page, one in zip(pages, taken, strict=True):
        _report(page, one, log)


def _report(page: ReceiptPage, taken: _Taken, log: RunLog) -> None:
    lines = [("info", f"{change.subject}: {change.after}.") for change in taken.changes]
    log.report(done=len(page.notices), changed=len(taken.changes), lines=lines)


def _take(page: ReceiptPage, connection: Connection) -> _Taken:
    """Book a page of notices; what is known already changes nothing."""
    now, taken = clock.now(), _Taken()
    exchanges.move_position(connection.channel_id, feed=FEED, value=page.position, now=now)
    known = purchases.get_known_receipts(
        connection.channel_id, [name for notice in page.notices for name in (notice.external_id, notice.parent_id)]
    )
    orders = _find_orders(page.notices, connection, known)
    _speak_of_cancelled([one for one in page.notices if one.external_id not in orders], connection)
    news: dict[str, tuple[PurchaseOrder, ReceiptNotice]] = {}
    for notice in page.notices:
        order = orders.get(notice.external_id)
        if order is None:
            taken.foreign += 1
        elif _is_news(notice, known.get(notice.external_id)):
            news[notice.external_id] = (order, notice)
    if not news:
        return taken
    before = {order.pk: PurchaseStatus(order.status).label for order, _ in news.values()}
    theirs = {line.sku for _, notice in news.values() for line in notice.lines}
    own_skus = mappings.get_own_skus(connection.channel_id, sorted(theirs))
    own_skus |= purchase_queries.get_sent_skus({order.pk for order, _ in news.values()})
    receipts = [make_receipt(notice, order, connection, own_skus) for order, notice in news.values()]
    _move_stock(receipts, known, connection)
    purchases.record_receipts(receipts, channel_id=connection.channel_id, now=now)
    _settle_dispatches(list(news.values()), connection)
    touched = {order.pk: order for order, _ in news.values()}
    booked = purchases.settle_purchases(touched, now=now)
    for order, notice in news.values():
        taken.changes.append(_change(notice, order, before[order.pk]))
    _remember(news.values(), connection)
    _speak_of(touched, booked, connection)
    if any(notice.status is FarReceiptStatus.RECEIVED for _, notice in news.values()):
        queue.wake(job_names.RECEIVE_INVENTORY, connection.channel_id)
    return taken


def _move_stock(receipts: Sequence[NewReceipt], known: Mapping[str, Receipt], connection: Connection) -> None:
    """Put onto the levels what arrived that had not before; what the stock report had seen already moves nothing."""
    now = clock.now()
    before = purchase_queries.sum_arrived([receipt.pk for receipt in known.values()])
    moved: list[Arrived] = []
    for receipt in receipts:
        changes: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
        for line in receipt.lines:
            if line.has_arrived:
                changes[line.sku, line.condition == SELLABLE] += line.quantity
        former = known.get(receipt.external_id)
        for (sku, condition), quantity in before.get(former.pk if former else 0, {}).items():
            changes[sku, condition == SELLABLE] -= quantity
        moved += [
            Arrived(sku, quantity, is_sellable, receipt.received_at or now, receipt.order_id, receipt.reference)
            for (sku, is_sellable), quantity in changes.items()
            if quantity
        ]
    stock.book_arrived(moved, account_id=connection.account_id, warehouse_id=connection.warehouse_id, now=now)


def _find_orders(
    notices: Sequence[ReceiptNotice], connection: Connection, known: dict[str, Receipt]
) -> dict[str, PurchaseOrder]:
    """The purchase order of each notice: its parent's where it was split off, else the one with its reference.

    None where it is booked to another one: what was received once does not move because a reference says so.
    """
    references = {notice.reference for notice in notices} | {notice.parent_reference for notice in notices}
    references |= {_name_there(receipt.order) for receipt in known.values()}
    ours = purchases.lock_purchases(connection.account_id, warehouse_id=connection.warehouse_id, references=references)
    by_id = {notice.external_id: notice for notice in notices}
    found: dict[str, PurchaseOrder] = {}
    for notice in notices:
        parent = known.get(notice.parent_id)
        if parent is not None and _name_there(parent.order) in ours:
            found[notice.external_id] = ours[_name_there(parent.order)]
        elif notice.parent_id and (of := by_id.get(notice.parent_id)) and of.reference in ours:
            found[notice.external_id] = ours[of.reference]
        elif notice.reference in ours:
            found[notice.external_id] = ours[notice.reference]
        elif notice.parent_reference in ours:
            found[notice.external_id] = ours[notice.parent_reference]
    booked = {external_id: receipt.order_id for external_id, receipt in known.items()}
    return {name: order for name, order in found.items() if booked.get(name, order.pk) == order.pk}


def _name_there(order: PurchaseOrder) -> str:
    return order.reference or order.number


def _settle_dispatches(news: Sequence[tuple[PurchaseOrder, ReceiptNotice]], connection: Connection) -> None:
    """The warehouse itself tells what became of an attempt, rejects what it had accepted, or has it twice."""
    now = clock.now()
    ids = [order.pk for order, _ in news if order.dispatch]
    links = exchange_queries.get_links(connection.channel_id, kind="purchase", subject_ids=ids)
    meant = exchange_queries.get_last_messages("purchase", subject_ids=ids, kind=ExchangeKind.EXPORT_PURCHASE)
    taken = exchange_queries.list_taken(
        connection.channel_id, kind="purchase", said=[(order.pk, notice.external_id) for order, notice in news]
    )
    moved = []
    for order, notice in news:
        if not order.dispatch or notice.reference != order.reference:
            continue
        if (order.pk, notice.external_id) in taken:
            continue
        link, message = links.get(order.pk), meant.get(order.pk)
        event = _event_of(order, notice, link[0] if link else "", message[1] if message else None)
        if event is not None and remember.move(order, event, now=now):
            moved.append((order, notice))
        else:
            order.far_status = notice.far_status[:LONGEST_WORD]
    if moved:
        exchanges.lose_exchanges(
            subject_kind="purchase",
            subject_ids=[order.pk for order, _ in moved],
            reason="The warehouse has it; it told us itself.",
            now=now,
        )
        remember.book_settled(moved, connection, now=now)


def _event_of(
    order: PurchaseOrder, notice: ReceiptNotice, linked_id: str, message: dict[str, Any] | None
) -> Event | None:
    is_rejected = notice.status is FarReceiptStatus.REJECTED
    if order.dispatch in UNRESOLVED or (order.dispatch == DispatchState.NEEDS_FIX and not is_rejected):
        if message is None:
            return LookedUp(1, ("it was never sent from here",), is_rejected, notice.problems)
        answer = messages.judge_answer(messages.thaw(message), notice)
        return LookedUp(1, answer.differences, answer.rejected, answer.problems)
    if linked_id and linked_id != notice.external_id:
        return None if is_rejected else Doubled(f"The warehouse has another one under {notice.reference}.")
    return Answered(rejected=True, problems=notice.problems) if is_rejected else None


def _is_news(notice: ReceiptNotice, known: Receipt | None) -> bool:
    if known is None:
        return notice.status is not FarReceiptStatus.DRAFT
    return notice.version > known.version or (notice.version == known.version and known.digest != digest_of(notice))


def digest_of(notice: ReceiptNotice) -> str:
    """Sum up what a notice says, to know it again."""
    return hashlib.sha256(msgspec.json.encode([notice.far_status, notice.lines])).hexdigest()


def make_receipt(
    notice: ReceiptNotice, order: PurchaseOrder, connection: Connection, own_skus: Mapping[str, str]
) -> NewReceipt:
    """Write a notice as we keep it, in our words."""
    is_final = notice.status is FarReceiptStatus.RECEIVED
    keeps_lots = connection.pass_lots
    return NewReceipt(
        order_id=order.pk,
        external_id=notice.external_id,
        version=notice.version,
        digest=digest_of(notice),
        reference=notice.reference[:LONGEST_TEXT],
        far_status=notice.far_status[:LONGEST_WORD],
        is_final=is_final,
        received_at=notice.received_at if is_final else None,
        lines=tuple(
            ArrivedLine(
                sku=own_skus.get(line.sku, line.sku)[:LONGEST_TEXT],
                quantity=line.base_quantity,
                condition=line.condition[:LONGEST_WORD],
                has_arrived=line.has_arrived,
                lot=line.lot[:LONGEST_TEXT] if keeps_lots else "",
                serial=line.serial[:LONGEST_TEXT] if keeps_lots else "",
                expires_on=line.expires_on if keeps_lots else None,
            )
            # Until it is checked, what the warehouse says are expectations, not goods.
            for line in (notice.lines if is_final else ())
        ),
    )


def _change(notice: ReceiptNotice, order: PurchaseOrder, before: str) -> PlannedChange:
    lines = ", ".join(f"{line.sku} {line.base_quantity.normalize():f} {line.condition}" for line in notice.lines)
    after = f"{PurchaseStatus(order.status).label}; {notice.far_status} there at version {notice.version}"
    return PlannedChange(PlannedAction.CHANGE, notice.reference, before, after + (f": {lines}" if lines else ""))


def _remember(news: Iterable[tuple[PurchaseOrder, ReceiptNotice]], connection: Connection) -> None:
    history.remember(
        [
            Fact(
                account_id=order.account_id,
                kind="receipt",
                subject_kind="purchase",
                subject_id=order.pk,
                sentence=f"{notice.reference} is {notice.far_status} at {connection.name}.",
                detail={"external_id": notice.external_id, "version": notice.version},
            )
            for order, notice in news
        ],
        actor=connection.name,
        now=clock.now(),
    )


def _speak_of(orders: dict[int, PurchaseOrder], booked: dict[int, Booked], connection: Connection) -> None:
    """What arrived beyond what was ordered, or will not come any more, is a fact, and somebody should know of it."""
    now = clock.now()
    more = {order_id: _name_surplus(of) for order_id, of in booked.items() if of.surplus}
    _raise(causes.RECEIVED_MORE, "more arrived than was ordered", more, orders, connection)
    receiving = {order_id for order_id, order in orders.items() if order.status == PurchaseStatus.RECEIVING}
    complete = receiving - purchase_queries.list_still_coming(receiving)
    less = {
        order_id: ", ".join(f"{sku} {quantity.normalize():f}" for sku, quantity in lacking)
        for order_id, lacking in purchase_queries.list_short(complete).items()
    }
    _raise(causes.RECEIVED_LESS, "all that was announced is checked, and some has not come", less, orders, connection)
    for cause, those in ((causes.RECEIVED_MORE, more), (causes.RECEIVED_LESS, less)):
        issues.resolve_issues(
            subject_kind="purchase",
            subject_ids=[order_id for order_id in orders if order_id not in those],
            now=now,
            by="the receipts",
            causes=[cause],
        )


def _name_surplus(booked: Booked) -> str:
    return ", ".join(
        f"{sku} {quantity.normalize():f}{' (not ordered)' if sku in booked.unordered else ''}"
        for sku, quantity in sorted(booked.surplus.items())
    )


def _raise(
    cause: Cause, words: str, named: Mapping[int, str], orders: Mapping[int, PurchaseOrder], connection: Connection
) -> None:
    issues.open_issues(
        [
            NewIssue(
                account_id=orders[order_id].account_id,
                cause=cause,
                subject_kind="purchase",
                subject_id=order_id,
                subject_label=orders[order_id].number,
                title=f"{orders[order_id].number} at {connection.name}: {words}: {quantities}.",
                channel_id=connection.channel_id,
            )
            for order_id, quantities in named.items()
        ],
        now=clock.now(),
    )


def _speak_of_cancelled(strangers: Sequence[ReceiptNotice], connection: Connection) -> None:
    """What was cancelled here and is alive there: a request came late, or somebody revived it."""
    live = {notice.reference: notice for notice in strangers if notice.status is not FarReceiptStatus.REJECTED}
    found = purchase_queries.find_cancelled(connection.account_id, references=live) if live else {}
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.THERE_THOUGH_CANCELLED,
                subject_kind="purchase",
                subject_id=order_id,
                subject_label=number,
                title=f"{number} was cancelled, and {reference} is {live[reference].far_status} at {connection.name}.",
                channel_id=connection.channel_id,
            )
            for reference, (order_id, number) in found.items()
        ],
        now=clock.now(),
    )
