"""Look for what the warehouse is believed to have: a deletion is told by no feed, and a replacement only half.

Reads open shipments that were not seen there for a while, and asks for them, many references at a time. Writes
shipments, wishes, reservations, links, issues and history. Wakes advance. No transaction is open during a call.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import DispatchState, Vanished, decide
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment
from dockline.domain.shipments.queries import ThereShipment
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.flows.outbound import cancel, record
from dockline.flows.progress import RunLog
from dockline.gateway import cancel as gateway
from dockline.gateway import settle
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing

UNSEEN_FOR = timedelta(hours=1)
AT_A_TIME = 50
MOST_A_RUN = 1000


def find_replaced(notices: Sequence[ShipmentNotice], conversation: Conversation) -> frozenset[str]:
    """Of what a page shows under another id than we know, say which known ids are surely gone. May call."""
    said = {notice.reference: notice.external_id for notice in notices if notice.status is not FarStatus.REJECTED}
    known = shipment_queries.list_known_otherwise(conversation.connection.channel_id, said)
    return frozenset(one.external_id for one in known if not _is_there(one, conversation))


def look_for_vanished(
    conversation: Conversation, log: RunLog, *, not_seen_since: datetime | None = None, most: int = MOST_A_RUN
) -> list[ThereShipment]:
    """Look for open shipments that were not seen there for a while, and return those that are gone.

    Raises a contract error, and then knows nothing of those it has not booked.
    """
    if not conversation.can(Capability.EXPORT_SHIPMENTS):
        return []
    unseen = shipment_queries.list_believed_there(
        conversation.connection.channel_id, not_seen_since=not_seen_since or clock.now() - UNSEEN_FOR, most=most
    )
    # What is at the account the channel spoke to before is not missed at the present one.
    elsewhere = exchange_queries.find_sent_elsewhere(
        conversation.connection.channel_id, subject_ids=[one.shipment_id for one in unseen]
    )
    unseen = [one for one in unseen if one.shipment_id not in elsewhere]
    vanished: list[ThereShipment] = []
    for start in range(0, len(unseen), AT_A_TIME):
        if log.stop_asked:
            break
        vanished += _look_for(unseen[start : start + AT_A_TIME], conversation, log)
    return vanished


def _look_for(some: Sequence[ThereShipment], conversation: Conversation, log: RunLog) -> list[ThereShipment]:
    found = settle.look_up(conversation, [one.reference for one in some]).found
    missing = [one for one in some if one.external_id not in {notice.external_id for notice in found[one.reference]}]
    # A search may lag behind; their own id does not.
    gone = [one for one in missing if not _is_there(one, conversation)]
    gone_ids = {one.shipment_id for one in gone}
    replaced = {
        one.shipment_id: full
        for one in gone
        if (other := _live(found[one.reference])) is not None
        and (full := gateway.read_by_id(conversation, other.external_id)) is not None
    }
    vanished = [one for one in gone if one.shipment_id not in replaced]
    _book(
        seen=[one.shipment_id for one in some if one.shipment_id not in gone_ids],
        vanished=vanished,
        replaced=replaced,
        gone=frozenset(one.external_id for one in gone),
        connection=conversation.connection,
        log=log,
    )
    return vanished


@committing(Failpoint.VANISHED_BOOKED)
def _book(
    *,
    seen: Sequence[int],
    vanished: Sequence[ThereShipment],
    replaced: Mapping[int, ShipmentNotice],
    gone: frozenset[str],
    connection: Connection,
    log: RunLog,
) -> None:
    now = clock.now()
    shipments.note_seen(seen, now=now)
    booked = record.record_notices(list(replaced.values()), connection, run_id=log.run_id, now=now, gone=gone)
    lines = [*booked.lines, *_book_vanished(vanished, connection)]
    if lines:
        log.report(done=len(lines), changed=len(lines), lines=lines)


def _book_vanished(vanished: Sequence[ThereShipment], connection: Connection) -> list[tuple[str, str]]:
    """What somebody had wished away is cancelled; about the rest a person is asked. Nothing is sent by itself."""
    now = clock.now()
    locked = shipments.lock_shipments(one.shipment_id for one in vanished)
    still = [row for row in locked.values() if _is_believed_there(row)]
    wishes = cancel.lock_standing_wishes(still)
    reason = f"{connection.name} does not have it any more."
    wished = [(row, wishes[row.id], reason) for row in still if row.id in wishes]
    cancel.agree(wished, actor=connection.name, now=now)

    missed = [row for row in still if row.id not in wishes]
    contexts = shipment_queries.get_contexts([row.id for row in missed])
    for row in missed:
        shipments.apply_dispatch(row, decide(shipments.dispatch_of(row), Vanished(reason), now), now=now)
        row.status = ShipmentStatus.READY
    shipments.save_shipments(missed)
    ids = [row.id for row in missed]
    exchanges.unlink_subjects(ids, channel_id=connection.channel_id, kind="shipment")
    inventory.mark_unknown_there(ids)
    facts, opened = [], []
    for row in missed:
        context = contexts[row.id]
        sentence = f"{row.reference} is no longer at {connection.name}: it was deleted there."
        facts.append(
            Fact(context.account_id, "gone_there", "order", context.order_id, sentence, {"shipment_id": row.id})
        )
        opened.append(
            NewIssue(
                account_id=context.account_id,
                cause=causes.GONE_THERE,
                subject_kind="shipment",
                subject_id=row.id,
                subject_label=context.order_number,
                title=sentence,
                channel_id=connection.channel_id,
            )
        )
    history.remember(facts, actor=connection.name, now=now)
    issues.open_issues(opened, now=now)
    return [("warning", f"{row.reference}: {reason}") for row in still]


def _is_believed_there(row: Shipment) -> bool:
    return row.status == ShipmentStatus.SENT and row.dispatch in (DispatchState.CONFIRMED, DispatchState.DIFFERS)


def _is_there(one: ThereShipment, conversation: Conversation) -> bool:
    return gateway.read_by_id(conversation, one.external_id) is not None


def _live(found: Sequence[ShipmentNotice]) -> ShipmentNotice | None:
    return next((notice for notice in found if notice.status is not FarStatus.REJECTED), None)
