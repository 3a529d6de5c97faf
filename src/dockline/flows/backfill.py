"""Read again what a channel shipped and received, and keep the lots and serial numbers it tells: nothing else changes.

What was booked while lots did not pass through has none. All is read first, outside any transaction, by the references
of our own books; then all of it is kept, or with a failing read nothing. Writes lots of shipments and receipts, and
history.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import (
    FarStatus,
    ReceiptNotice,
    ReceiptNoticeLine,
    ShipmentNotice,
    ShipmentNoticeLine,
)
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.exchanges import queries as exchanges
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.mappings import queries as mappings
from dockline.domain.purchases import operations as purchases
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.operations import ArrivedLine
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.operations import NewLot
from dockline.flows import direction, progress
from dockline.flows.inbound import receive as inbound
from dockline.flows.outbound import record, translate
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime, settle
from dockline.gateway.runtime import Conversation
from dockline.kit import clock

USUAL_DAYS = 30
REFERENCES_AT_A_TIME = 500
Notice = TypeVar("Notice")
Told = tuple[str, str, str, date | None, Decimal]
"""A SKU, a lot, a serial number, an expiry date, and a quantity in the base unit."""


class _Stopped(Exception):
    """A person wants no more of it; nothing was kept."""


@dataclass
class _Found:
    """What would be kept: the lots of shipments' lines, the lines of receipts, and what that comes to."""

    lots: dict[int, list[NewLot]] = field(default_factory=dict)
    receipts: dict[int, Sequence[ArrivedLine]] = field(default_factory=dict)
    changes: list[PlannedChange] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def add(self, reference: str, before: Sequence[Told], after: Sequence[Told], fact: tuple[int, str, int]) -> None:
        """Say that a shipment or a receipt tells other lots than we know."""
        self.changes.append(PlannedChange(PlannedAction.CHANGE, reference, _say(before), _say(after)))
        account_id, kind, subject_id = fact
        sentence = f"{reference}: lots and serial numbers were read again: {_say(after)}."
        self.facts.append(Fact(account_id, "lots", kind, subject_id, sentence))


def backfill_lots(channel_id: int) -> None:
    """Keep the lots and serial numbers of what a channel shipped and received since the run's day, or only say so."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    with progress.follow(connection, RunKind.BACKFILL_LOTS, cause="the queue") as log:
        if log.reads_since is None or (refusal := direction.explain_no_lots(connection)):
            log.refuse(refusal if log.reads_since else "Nobody said how far back.")
            return
        try:
            conversation = runtime.converse(channel_id)
            shipped, received = _read(conversation, log.reads_since, log)
        except _Stopped:
            return
        except ConnectorError as error:
            log.fail(f"Not everything could be read, so nothing was changed: {error.message}")
            reactions.react(connection, error, now=clock.now())
        else:
            reactions.recover(connection, now=clock.now())
            _keep(shipped, received, connection, log)


def _read(conversation: Conversation, since: datetime, log: RunLog) -> tuple[list[ShipmentNotice], list[ReceiptNotice]]:
    """Read what our books say went out and came in since then. Raises a contract error unless all could be read."""
    channel_id = conversation.connection.channel_id
    sent = shipment_queries.list_shipped_since(channel_id, since=since)
    came: list[str] = []
    if conversation.can(Capability.EXPORT_PURCHASES):
        came = purchase_queries.list_receipts_since(channel_id, since=since)
    log.report(total=len(sent) + len(came))
    shipped = _ask(sent, lambda some: settle.look_up(conversation, some).found, log)
    received = _ask(came, lambda some: settle.look_up_purchases(conversation, some).found, log)
    told = [one for one in shipped if one.status is FarStatus.SHIPPED and any(map(_has_lot, one.lines))]
    return told, [one for one in received if any(map(_has_lot, one.lines))]


def _ask(
    references: Sequence[str], find: Callable[[Sequence[str]], Mapping[str, tuple[Notice, ...]]], log: RunLog
) -> Iterator[Notice]:
    for start in range(0, len(references), REFERENCES_AT_A_TIME):
        some = references[start : start + REFERENCES_AT_A_TIME]
        for found in find(some).values():
            yield from found
        log.report(done=len(some))
        if log.stop_asked:
            raise _Stopped


def _has_lot(line: ShipmentNoticeLine | ReceiptNoticeLine) -> bool:
    return bool(line.lot or line.serial)


@transaction.atomic
def _keep(
    shipped: Sequence[ShipmentNotice], received: Sequence[ReceiptNotice], connection: Connection, log: RunLog
) -> None:
    """Keep what is told and not known, all of it or nothing, as the plan said if the run follows one."""
    found = _Found()
    _judge_shipped(shipped, connection, found)
    _judge_received(received, connection, found)
    log.agree(found.changes)
    shipments.record_lots(list(found.lots), [lot for lots in found.lots.values() for lot in lots])
    purchases.replace_receipt_lines(found.receipts)
    history.remember(found.facts, actor=connection.name, now=clock.now())
    lines = [("info", f"{change.subject}: {change.after}.") for change in found.changes]
    log.report(changed=len(found.changes), lines=lines)


def _judge_shipped(notices: Sequence[ShipmentNotice], connection: Connection, found: _Found) -> None:
    """What is booked at the very version that is told has these lots; a newer one comes with the next receiving."""
    ours = shipments.lock_by_reference(connection.channel_id, [notice.reference for notice in notices])
    ids = [shipment.id for shipment in ours.values()]
    known = exchanges.get_links(connection.channel_id, kind="shipment", subject_ids=ids)
    carried = shipment_queries.get_lines_of(ids)
    contexts = shipment_queries.get_contexts(ids)
    there = shipment_queries.get_lots_of([line.line_id for lines in carried.values() for line in lines])
    same = [
        (ours[notice.reference], notice)
        for notice in notices
        if notice.reference in ours
        and ours[notice.reference].status in record.GONE_OUT
        and known.get(ours[notice.reference].id, ("", 0, ""))[:2] == (notice.external_id, notice.version)
    ]
    read = translate.read_notices([(notice, carried[shipment.id]) for shipment, notice in same], connection)
    for (shipment, _), notice in zip(same, read, strict=True):
        lines = carried[shipment.id]
        skus = {line.line_id: line.sku for line in lines}
        lots, _missing = record.list_lots(notice, lines)
        touched = {lot.line_id for lot in lots}
        before = [
            (skus[line_id], lot.lot, lot.serial, lot.expires_on, lot.quantity)
            for line_id in sorted(touched)
            for lot in there.get(line_id, ())
        ]
        after = [(skus[lot.line_id], lot.lot[:100], lot.serial[:100], lot.expires_on, lot.quantity) for lot in lots]
        if _say(before) != _say(after):
            for line_id in touched:
                found.lots[line_id] = [lot for lot in lots if lot.line_id == line_id]
            context = contexts[shipment.id]
            found.add(shipment.reference, before, after, (context.account_id, "order", context.order_id))


def _judge_received(notices: Sequence[ReceiptNotice], connection: Connection, found: _Found) -> None:
    """What is booked as it is told has these lots, unless its lines would become others than they are."""
    known = purchases.get_known_receipts(connection.channel_id, [notice.external_id for notice in notices])
    there = purchase_queries.get_receipt_lines([receipt.pk for receipt in known.values()])
    own_skus = mappings.get_own_skus(connection.channel_id, sorted({line.sku for one in notices for line in one.lines}))
    own_skus |= purchase_queries.get_sent_skus({receipt.order_id for receipt in known.values()})
    for notice in notices:
        receipt = known.get(notice.external_id)
        if receipt is None or (receipt.version, receipt.digest) != (notice.version, inbound.digest_of(notice)):
            continue
        now_told = inbound.make_receipt(notice, receipt.order, connection, own_skus).lines
        was_told = [
            ArrivedLine(one.sku, one.quantity, one.condition, one.has_arrived, one.lot, one.serial, one.expires_on)
            for one in there.get(receipt.pk, ())
        ]
        before, after = list(map(_told, was_told)), list(map(_told, now_told))
        if sorted(map(_goods, was_told)) == sorted(map(_goods, now_told)) and _say(before) != _say(after):
            found.receipts[receipt.pk] = now_told
            found.add(receipt.reference, before, after, (receipt.order.account_id, "purchase", receipt.order_id))


def _goods(line: ArrivedLine) -> tuple[str, Decimal, str, bool]:
    return (line.sku, line.quantity, line.condition, line.has_arrived)


def _told(line: ArrivedLine) -> Told:
    return (line.sku, line.lot, line.serial, line.expires_on, line.quantity)


def _say(told: Sequence[Told]) -> str:
    """Say lots in words that are the same whatever order they were told in."""
    return ", ".join(
        " ".join(filter(None, (format_quantity(quantity), sku, lot, serial, f"until {until}" if until else "")))
        for sku, lot, serial, until, quantity in sorted(told, key=str)
        if lot or serial
    )
