"""Book what a warehouse says of our shipments: quantities, packages, tracking, or that it thought better of it.

Reads and locks shipments and their lines. Writes shipments, order lines, packages, links, exchanges, issues and
history. Wakes advance.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import msgspec
from django.db import transaction

from dockline.connectors.contract.messages import Quantity
from dockline.connectors.contract.notices import FarStatus, Package, ShipmentNotice, ShipmentNoticeLine
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import Severity, Validation, severity_of
from dockline.domain.dispatches.rules import (
    DispatchState,
    Doubled,
    UnexpectedEvent,
    decide,
    format_quantity,
    list_differences,
)
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import NewLink, Reading
from dockline.domain.exchanges.rules import ExchangeKind, ExchangeState
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory.operations import Shipped
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.issues.rules import Cause
from dockline.domain.orders import operations as orders
from dockline.domain.runs.rules import PlannedAction, PlannedChange
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment, ShipmentLine
from dockline.domain.shipments.operations import NewLot, NewPackage
from dockline.domain.shipments.queries import ShipmentContext
from dockline.domain.shipments.rules import Carried, ShipmentStatus, Surplus, book_quantities, sum_carried
from dockline.flows import job_names
from dockline.flows.answers import UNRESOLVED
from dockline.flows.outbound import judge, messages, translate
from dockline.flows.outbound.withdraw import TIME_TO_ANSWER
from dockline.kit.errors import Invalid, NotFound, NotNow
from dockline.kit.queue import port as queue

UNTOUCHED = (FarStatus.DRAFT, FarStatus.WAITING_FOR_STOCK, FarStatus.ACCEPTED)
GONE_OUT = (ShipmentStatus.SHIPPED, ShipmentStatus.SHORT_SHIPPED)
REJECTED_ALREADY = (DispatchState.NEEDS_FIX, DispatchState.DUPLICATE)


@dataclass
class Booked:
    """What a page of notices changed."""

    changed: int = 0
    foreign: int = 0
    lines: list[tuple[str, str]] = field(default_factory=list)
    changes: list[PlannedChange] = field(default_factory=list)


@dataclass
class _Page:
    """What is gathered while a page is booked, to be written at once. `rows` are the shipments' lines by id."""

    rows: Mapping[int, ShipmentLine]
    readings: list[Reading] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    issues: list[NewIssue] = field(default_factory=list)
    packages: list[NewPackage] = field(default_factory=list)
    links: list[NewLink] = field(default_factory=list)
    touched: list[Shipment] = field(default_factory=list)
    lines: list[ShipmentLine] = field(default_factory=list)
    lots: dict[int, list[NewLot]] = field(default_factory=dict)
    surplus: dict[int, Sequence[Surplus]] = field(default_factory=dict)
    more_shipped: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    to_advance: dict[int, int] = field(default_factory=dict)
    to_reopen: list[int] = field(default_factory=list)
    to_explain: list[int] = field(default_factory=list)
    resolved_ids: list[int] = field(default_factory=list)
    moves: list[Shipped] = field(default_factory=list)
    shipped_ids: list[int] = field(default_factory=list)


def record_notices(
    notices: Sequence[ShipmentNotice],
    connection: Connection,
    *,
    run_id: int | None,
    now: datetime,
    gone: Collection[str] = (),
) -> Booked:
    """Book a page of notices; what is known already changes nothing. Needs a transaction.

    `gone` are their ids of orders that surely are not there any more: another one under the same reference replaces it.
    """
    booked = Booked()
    ours = shipments.lock_by_reference(connection.channel_id, [notice.reference for notice in notices])
    ids = [shipment.id for shipment in ours.values()]
    known = exchange_queries.get_links(connection.channel_id, kind="shipment", subject_ids=ids)
    taken = exchange_queries.list_taken(
        connection.channel_id,
        kind="shipment",
        said=[(ours[one.reference].id, one.external_id) for one in notices if one.reference in ours],
    )
    before_ids = {shipment_id: external_id for shipment_id, (external_id, _, _) in known.items()}
    news: dict[int, tuple[Shipment, ShipmentNotice]] = {}
    strangers: list[tuple[Shipment, ShipmentNotice]] = []
    for notice in notices:
        shipment = ours.get(notice.reference)
        if shipment is None:
            booked.foreign += 1
        elif (shipment.id, notice.external_id) in taken or _is_stranger(notice, shipment, known.get(shipment.id), gone):
            strangers.append((shipment, notice))
        elif _is_news(notice, known.get(shipment.id)):
            news[shipment.id] = (shipment, notice)
            known[shipment.id] = (notice.external_id, notice.version, _digest(notice))
    if not news and not strangers:
        return booked

    contexts = shipment_queries.get_contexts(ids)
    carried = shipment_queries.get_lines_of(list(news))
    page = _Page(rows=shipments.get_line_rows(list(news)))
    read = translate.read_notices([(notice, carried[row.id]) for row, notice in news.values()], connection)
    for (shipment, notice), in_our_words in zip(news.values(), read, strict=True):
        page.links.append(NewLink(shipment.id, notice.external_id, notice.version, _digest(notice)))
        if before_ids.get(shipment.id) in gone:
            sentence = f"{connection.name} replaced its order for {shipment.reference} by another one."
            _note(page, contexts[shipment.id], "changed_there", sentence, notice)
        before = ShipmentStatus(shipment.status).label
        _book(shipment, in_our_words, contexts[shipment.id], carried[shipment.id], connection, page, now)
        booked.changes.append(_change(shipment, in_our_words, before))
        sentence = f"{shipment.reference}: {notice.far_status} at version {notice.version}."
        booked.lines.append(("info", sentence))
        page.readings.append(_reading(shipment, notice, sentence))
    for shipment, notice in strangers:
        booked.changes.append(_change(shipment, notice, ShipmentStatus(shipment.status).label))
        _double(shipment, notice, contexts[shipment.id], connection, page, now)
    booked.changed = len(news) + len(strangers)
    _write(page, connection, run_id, now)
    return booked


@transaction.atomic
def confirm_by_hand(
    *,
    shipment_id: int,
    shipped: Mapping[int, Decimal],
    carrier: str,
    service: str,
    tracking_number: str,
    tracking_url: str,
    actor: str,
    now: datetime,
) -> None:
    """Book a shipment that people packed themselves; `shipped` is base quantity per shipment line id.

    Raises NotFound, NotNow unless the warehouse has it and it has not shipped, Invalid for a quantity that is
    negative, all zero, or more than the line carries.
    """
    shipment = shipments.lock_shipments([shipment_id]).get(shipment_id)
    if shipment is None:
        raise NotFound(f"There is no shipment {shipment_id}.")
    if shipment.status != ShipmentStatus.SENT:
        raise NotNow(f"Shipment {shipment.reference} is {ShipmentStatus(shipment.status).label}; nothing to confirm.")
    lines = shipment_queries.get_lines_of([shipment_id])[shipment_id]
    for line in lines:
        quantity = shipped.get(line.line_id, Decimal(0))
        if quantity < 0 or quantity > line.quantity:
            most = format_quantity(line.quantity)
            raise Invalid(f"{line.sku}: give a quantity from 0 to {most}.", field=f"line_{line.line_id}")
    if not any(shipped.get(line.line_id, Decimal(0)) for line in lines):
        raise Invalid("Give a quantity for at least one line.", field="lines")

    connection = channels.get_connection(shipment.channel_id)
    link = exchange_queries.get_links(shipment.channel_id, kind="shipment", subject_ids=[shipment_id])
    external_id, version, _ = link.get(shipment_id, (shipment.reference, 0, ""))
    notice = ShipmentNotice(
        external_id=external_id,
        version=version + 1,
        reference=shipment.reference,
        status=FarStatus.SHIPPED,
        far_status=f"confirmed by {actor}",
        lines=tuple(
            ShipmentNoticeLine(line.sent_sku or line.sku, Quantity(quantity, ""), quantity, line_ref=line.line_ref)
            for line in lines
            if (quantity := shipped.get(line.line_id, Decimal(0)))
        ),
        packages=(Package(shipment.reference, version + 1, carrier, service, tracking_number, tracking_url),),
        shipped_at=now,
    )
    record_notices([notice], connection, run_id=None, now=now)


def _change(shipment: Shipment, notice: ShipmentNotice, before: str) -> PlannedChange:
    lines = ", ".join(f"{line.sku} {format_quantity(line.base_quantity)}" for line in notice.lines)
    there = f"{_words(notice)} there at version {notice.version}"
    after = f"{ShipmentStatus(shipment.status).label}; {there}" + (f": {lines}" if lines else "")
    return PlannedChange(PlannedAction.CHANGE, shipment.reference, before, after)


def _is_stranger(
    notice: ShipmentNotice, shipment: Shipment, known: tuple[str, int, str] | None, gone: Collection[str]
) -> bool:
    """Another order there under our reference, while the one we know of has been settled and is still there."""
    if known is None or notice.external_id == known[0] or known[0] in gone or shipment.dispatch in UNRESOLVED:
        return False
    if shipment.status == ShipmentStatus.CANCELLED:
        return False
    return shipment.dispatch not in (DispatchState.NEEDS_FIX, DispatchState.DUPLICATE)


def _is_news(notice: ShipmentNotice, known: tuple[str, int, str] | None) -> bool:
    """A newer version, or other packages at the same one: consignments change without their order."""
    if known is None:
        return True
    external_id, version, digest = known
    if notice.external_id != external_id:
        return notice.status is not FarStatus.REJECTED
    if notice.version != version:
        return notice.version > version
    return digest != _digest(notice)


def _digest(notice: ShipmentNotice) -> str:
    said = msgspec.json.encode([notice.status, notice.lines, notice.packages])
    return hashlib.sha256(said).hexdigest()


def _book(
    shipment: Shipment,
    notice: ShipmentNotice,
    context: ShipmentContext,
    lines: Sequence[Carried],
    connection: Connection,
    page: _Page,
    now: datetime,
) -> None:
    if shipment.status == ShipmentStatus.CANCELLED and not _revive(shipment, notice, context, connection, page, now):
        return
    page.touched.append(shipment)
    page.packages += [_package(shipment, package) for package in notice.packages]
    taken_back = notice.status is FarStatus.DRAFT and shipment.far_status not in ("", notice.far_status[:60])
    shipment.far_status = notice.far_status[:60]
    shipment.seen_there_at = now
    meant = sum_carried(lines)
    is_rejected = notice.status is FarStatus.REJECTED
    is_mended = shipment.dispatch == DispatchState.NEEDS_FIX and not is_rejected
    if shipment.dispatch in UNRESOLVED or is_rejected or is_mended:
        _resolve(shipment, notice, meant, context, connection, page, now)
    if notice.status is FarStatus.SHIPPED:
        _ship(shipment, notice, lines, context, connection, page, now)
    elif shipment.status in GONE_OUT:
        sentence = f"{shipment.reference} had shipped, but the warehouse now has it as {notice.far_status}."
        _note(page, context, "changed_there", sentence, notice)
        page.issues.append(_issue(shipment, context, causes.CHANGED_THERE, sentence, connection))
    elif notice.status in UNTOUCHED and (changes := list_differences(meant, messages.sum_lines(notice.lines))):
        if shipment.dispatch == DispatchState.CONFIRMED:
            sentence = f"{shipment.reference} was changed at the warehouse: {'; '.join(changes)}."
            _note(page, context, "changed_there", sentence, notice)
            page.issues.append(_issue(shipment, context, causes.CHANGED_THERE, sentence, connection))
    elif taken_back:
        sentence = (
            f"{connection.name} took {shipment.reference} back to {notice.far_status}; its people must approve it."
        )
        _note(page, context, "changed_there", sentence, notice)
        page.issues.append(_issue(shipment, context, causes.CHANGED_THERE, sentence, connection))
    else:
        _note(page, context, "warehouse", f"{shipment.reference} is {_words(notice)} at {connection.name}.", notice)


def _revive(
    shipment: Shipment,
    notice: ShipmentNotice,
    context: ShipmentContext,
    connection: Connection,
    page: _Page,
    now: datetime,
) -> bool:
    """What was cancelled here is alive there: it counts again, and the warehouse is asked once more to cancel it."""
    if notice.status is FarStatus.REJECTED:
        return False
    unsure = shipment.dispatch in (*UNRESOLVED, DispatchState.NEEDS_FIX)
    shipment.status = ShipmentStatus.READY if unsure else ShipmentStatus.SENT
    if not shipment.is_given_back:
        orders.add_cancelled_quantities(
            {line_id: -quantity for line_id, quantity in shipment_queries.sum_by_order_line([shipment.id]).items()}
        )
    inventory.promise_again([shipment.id])
    orders.reopen_orders([context.order_id], reason="The warehouse has what was cancelled here.")
    what = "taken back, perhaps to be sent anew," if shipment.is_given_back else "cancelled here,"
    sentence = f"{shipment.reference} was {what} but {connection.name} has it as {notice.far_status}."
    _note(page, context, "changed_there", sentence, notice)
    page.issues.append(_issue(shipment, context, causes.CANCELLED_IS_THERE, sentence, connection))
    shipments.ask_wishes([shipment.id], asked_by="the earlier cancel", now=now, deadline=now + TIME_TO_ANSWER)
    queue.wake(job_names.CANCEL_SHIPMENTS, connection.channel_id)
    return True


def _resolve(
    shipment: Shipment,
    notice: ShipmentNotice,
    meant: Mapping[str, Decimal],
    context: ShipmentContext,
    connection: Connection,
    page: _Page,
    now: datetime,
) -> None:
    """The warehouse itself tells what became of an attempt, or rejects what it had accepted."""
    is_rejected = notice.status is FarStatus.REJECTED
    if shipment.status in GONE_OUT or (is_rejected and shipment.dispatch in REJECTED_ALREADY):
        return
    event = judge.judge_notice(DispatchState(shipment.dispatch), notice, meant)
    shipments.apply_dispatch(shipment, decide(shipments.dispatch_of(shipment), event, now), now=now)
    exchanges.lose_exchanges(
        subject_kind="shipment", subject_ids=[shipment.id], reason="The warehouse has it; it told us itself.", now=now
    )
    page.resolved_ids.append(shipment.id)
    if shipment.dispatch == DispatchState.NEEDS_FIX:
        inventory.mark_unknown_there([shipment.id])
        sentence = f"{connection.name} rejected {shipment.reference}: {shipment.reason}"
        page.issues.append(_issue(shipment, context, causes.REJECTED_THERE, sentence, connection))
    elif shipment.dispatch == DispatchState.HELD:
        sentence = f"{shipment.reference} is held for a person: {shipment.reason}"
        page.issues.append(_issue(shipment, context, causes.HELD, sentence, connection))
    else:
        sentence = f"{connection.name} has {shipment.reference}; it was found in its changes."
    _note(page, context, "dispatch", sentence, notice)


def _ship(
    shipment: Shipment,
    notice: ShipmentNotice,
    lines: Sequence[Carried],
    context: ShipmentContext,
    connection: Connection,
    page: _Page,
    now: datetime,
) -> None:
    there = [(line.line_ref, line.sku, line.base_quantity) for line in notice.lines]
    booked = book_quantities(lines, there)
    taken_back = False
    for line in lines:
        row, shipped = page.rows[line.line_id], booked.by_line[line.line_id]
        if row.shipped_quantity != shipped:
            taken_back = taken_back or shipped < row.shipped_quantity
            page.more_shipped[row.order_line_id] += shipped - row.shipped_quantity
            left_at = notice.packed_at or notice.shipped_at or now
            page.moves.append(Shipped(row.id, shipped - row.shipped_quantity, left_at, shipment.id, shipment.reference))
            row.shipped_quantity = shipped
            page.lines.append(row)
    short = [line for line in lines if booked.by_line[line.line_id] < line.quantity]
    again = shipment.status in GONE_OUT
    shipment.status = ShipmentStatus.SHORT_SHIPPED if short else ShipmentStatus.SHIPPED
    shipment.shipped_at = notice.shipped_at or now
    shipment.wake_at = None
    page.shipped_ids.append(shipment.id)
    if not any(booked.by_line.values()) and shipment_queries.count_empty_shipments(context.order_id):
        # Not the first to come back empty: sent again by itself it would come back empty again, and again.
        page.to_explain.append(context.order_id)
        page.issues.append(_order_issue(shipment, context, causes.SHIPPED_NOTHING, "shipped none of it", connection))
    elif again and taken_back:
        _reopen(shipment, context, connection, page)
    else:
        page.to_advance[context.order_id] = context.account_id
    _note(page, context, "shipped" if not again else "reshipped", _tell_shipped(shipment, notice, short), notice)
    if connection.pass_lots:
        _take_lots(shipment, notice, lines, context, connection, page)
    page.surplus[shipment.id] = booked.surplus
    words = [one.words for one in booked.surplus]
    if shipment.is_given_back:
        words.append("it was taken back, and has shipped all the same")
    sentence = f"{shipment.reference}: {'; '.join(words)}."
    is_told = shipment.is_given_back or severity_of(connection.severities, Validation.SURPLUS) is Severity.ERROR
    if words and is_told:
        page.issues.append(_issue(shipment, context, causes.SHIPPED_MORE, sentence, connection))
    elif words:
        _note(page, context, "surplus", sentence, notice)


def _take_lots(
    shipment: Shipment,
    notice: ShipmentNotice,
    lines: Sequence[Carried],
    context: ShipmentContext,
    connection: Connection,
    page: _Page,
) -> None:
    """Keep which lots and serial numbers left on each line; the newest word of the warehouse replaces the former."""
    page.lots |= {line.line_id: [] for line in lines}
    lots, missing = list_lots(notice, lines)
    for lot in lots:
        page.lots[lot.line_id].append(lot)
    if not missing:
        return
    sentence = f"{shipment.reference} shipped {', '.join(sorted(missing))} without a lot or serial number."
    if severity_of(connection.severities, Validation.LOT) is Severity.ERROR:
        page.issues.append(_issue(shipment, context, causes.LOT_MISSING, sentence, connection))
    else:
        _note(page, context, "validation", sentence, notice)


def list_lots(notice: ShipmentNotice, lines: Sequence[Carried]) -> tuple[list[NewLot], set[str]]:
    """The lots and serial numbers that a notice in our words tells, line by line, and the SKUs it tells none of."""
    by_ref = {line.line_ref: line.line_id for line in lines}
    by_sku = {line.sku: line.line_id for line in reversed(lines)}
    lots, missing = [], set()
    for there in notice.lines:
        line_id = by_ref.get(there.line_ref) or by_sku.get(there.sku)
        if line_id is None or not there.base_quantity:
            continue
        if there.lot or there.serial:
            lots.append(NewLot(line_id, there.lot, there.serial, there.expires_on, there.base_quantity))
        else:
            missing.add(there.sku)
    return lots, missing


def _double(
    shipment: Shipment,
    notice: ShipmentNotice,
    context: ShipmentContext,
    connection: Connection,
    page: _Page,
    now: datetime,
) -> None:
    """A second live order under our reference: nothing of it is booked, and a person is asked before it is picked."""
    if notice.status is FarStatus.REJECTED:
        return
    reason = f"{connection.name} has another order under {shipment.reference}: {notice.external_id}."
    if shipment.status in GONE_OUT:
        page.issues.append(_issue(shipment, context, causes.DUPLICATE, reason, connection))
        return
    try:
        doubled = decide(shipments.dispatch_of(shipment), Doubled(reason), now)
    except UnexpectedEvent:
        return
    shipments.apply_dispatch(shipment, doubled, now=now)
    page.touched.append(shipment)
    _note(page, context, "dispatch", reason, notice)
    page.issues.append(_issue(shipment, context, causes.DUPLICATE, reason, connection))


def _reopen(shipment: Shipment, context: ShipmentContext, connection: Connection, page: _Page) -> None:
    """Less has left than was booked. Whether the rest is sent is for a person: the goods may be on their way."""
    page.to_reopen.append(context.order_id)
    what = "corrected it after shipping: less went out than was booked"
    page.issues.append(_order_issue(shipment, context, causes.SHIPPED_LESS, what, connection))


def _order_issue(
    shipment: Shipment, context: ShipmentContext, cause: Cause, what: str, connection: Connection
) -> NewIssue:
    return NewIssue(
        account_id=context.account_id,
        cause=cause,
        subject_kind="order",
        subject_id=context.order_id,
        subject_label=context.order_number,
        title=f"{shipment.reference}: {connection.name} {what}.",
        channel_id=connection.channel_id,
    )


def _write(page: _Page, connection: Connection, run_id: int | None, now: datetime) -> None:
    exchanges.record_readings(
        page.readings,
        channel_id=connection.channel_id,
        run_id=run_id,
        credential_version=connection.credential_version,
        now=now,
    )
    # Before any order is locked: what takes in a stock report locks levels first, and then orders.
    inventory.book_shipped(page.moves, warehouse_id=connection.warehouse_id, now=now)
    shipments.save_shipments(list({row.id: row for row in page.touched}.values()))
    shipments.save_shipped_quantities(page.lines)
    shipments.record_packages(page.packages)
    shipments.record_lots(list(page.lots), [lot for lots in page.lots.values() for lot in lots])
    shipments.record_surplus(page.surplus)
    orders.add_shipped_quantities(page.more_shipped)
    exchanges.link_subjects(page.links, channel_id=connection.channel_id, kind="shipment", now=now)
    inventory.mark_known_there(
        [
            row.id
            for row in page.touched
            if row.dispatch in (DispatchState.CONFIRMED, DispatchState.DIFFERS) or row.status in GONE_OUT
        ],
        now=now,
    )
    history.remember(page.facts, actor=connection.name, now=now)
    issues.resolve_issues(
        subject_kind="shipment",
        subject_ids=[*page.shipped_ids, *page.resolved_ids],
        now=now,
        by="the warehouse",
        causes=[
            causes.ACCEPTED_DIFFERENTLY,
            causes.HELD,
            causes.REFUSED,
            causes.REJECTED_THERE,
            causes.GONE_THERE,
        ],
    )
    issues.open_issues(page.issues, now=now)
    orders.reopen_orders(page.to_reopen, reason="The warehouse corrected what had shipped; a person decides.")
    orders.explain_waiting(page.to_explain, reason="The warehouse shipped nothing twice; a person decides.")
    if page.to_advance:
        orders.wake_orders(page.to_advance, now=now)
        for account_id in set(page.to_advance.values()):
            queue.wake(job_names.ADVANCE, account_id)


def _reading(shipment: Shipment, notice: ShipmentNotice, sentence: str) -> Reading:
    return Reading(
        kind=ExchangeKind.RECEIVE_SHIPMENT,
        subject_kind="shipment",
        subject_id=shipment.id,
        reference=shipment.reference,
        state=ExchangeState.DONE,
        answer=notice,
        reason=sentence,
    )


def _package(shipment: Shipment, package: Package) -> NewPackage:
    return NewPackage(
        shipment_id=shipment.id,
        external_id=package.external_id,
        version=package.version,
        carrier=package.carrier,
        service=package.service,
        tracking_number=package.tracking_number,
        tracking_url=package.tracking_url,
    )


def _note(page: _Page, context: ShipmentContext, kind: str, sentence: str, notice: ShipmentNotice) -> None:
    detail = {"shipment_id": context.shipment_id, "version": notice.version, "far_status": notice.far_status}
    page.facts.append(Fact(context.account_id, kind, "order", context.order_id, sentence, detail))


def _issue(shipment: Shipment, context: ShipmentContext, cause: Cause, title: str, connection: Connection) -> NewIssue:
    return NewIssue(
        account_id=context.account_id,
        cause=cause,
        subject_kind="shipment",
        subject_id=shipment.id,
        subject_label=context.order_number,
        title=title,
        channel_id=connection.channel_id,
    )


def _words(notice: ShipmentNotice) -> str:
    return {
        FarStatus.DRAFT: "a draft",
        FarStatus.WAITING_FOR_STOCK: "waiting for stock",
        FarStatus.ACCEPTED: "waiting to be picked",
        FarStatus.PICKING: "being picked",
        FarStatus.PACKED: "packed",
        FarStatus.UNKNOWN: f"in a state we do not know ({notice.far_status})",
    }.get(notice.status, notice.far_status)


def _tell_shipped(shipment: Shipment, notice: ShipmentNotice, short: Sequence[Carried]) -> str:
    tracking = ", ".join(package.tracking_number for package in notice.packages if package.tracking_number)
    by = next((package.carrier for package in notice.packages if package.carrier), "")
    sentence = (
        f"{shipment.reference} has shipped" + (f" with {by}" if by else "") + (f" ({tracking})" if tracking else "")
    )
    if short:
        count = "1 line" if len(short) == 1 else f"{len(short)} lines"
        return f"{sentence}, short on {count}. What remains is sent again as stock allows."
    return f"{sentence}, complete."
