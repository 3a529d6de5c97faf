"""Compare the purchase orders that a warehouse has with ours, for a sweep (`flows/outbound/sweep.py`).

Reads what the warehouse lists, page by page, and ours with it. What is gone over there is booked as `vanish` does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from dockline.connectors.contract.capabilities import ListsPurchases
from dockline.connectors.contract.notices import FarReceiptStatus, ReceiptNotice
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import read_reference
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.rules import ExchangeKind
from dockline.domain.purchases import queries as purchase_queries
from dockline.domain.purchases.queries import BookedPurchase
from dockline.domain.sweeps.rules import Compared, Difference, Found, Here, There, compare_page
from dockline.flows.inbound import messages, vanish
from dockline.flows.progress import RunLog
from dockline.gateway.runtime import Conversation

UNTOUCHED = (FarReceiptStatus.DRAFT, FarReceiptStatus.EXPECTED)
"""So far it says what was announced, and not what arrived."""
MOST_LOOKED_FOR = 50_000


def compare_all(conversation: Conversation, *, since: datetime, is_stopped: bool, now: datetime) -> Iterator[Compared]:
    """Compare page by page what changed there since a moment. Raises a contract error unless all of it was read."""
    lister: ListsPurchases = conversation.connector
    seen: dict[str, str] = {}
    for page in lister.list_purchases(since):
        yield _compare(page, conversation.connection, seen, is_stopped=is_stopped, now=now)


def look_for_vanished(conversation: Conversation, log: RunLog, *, not_seen_since: datetime) -> list[Found]:
    """Look for what the list did not show, and return what is gone there. Raises a contract error."""
    gone = vanish.look_for_vanished(conversation, log, not_seen_since=not_seen_since, most=MOST_LOOKED_FOR)
    sentence = f"{conversation.connection.name} does not have it any more."
    links = exchange_queries.get_links(
        conversation.connection.channel_id, kind="purchase", subject_ids=[order.pk for order in gone]
    )
    far_ids = {order_id: link[0] for order_id, link in links.items()}
    return [
        Found(Difference.MISSING_THERE, one.reference, far_ids.get(one.pk, ""), one.pk, sentence, is_purchase=True)
        for one in gone
    ]


def _compare(
    page: Sequence[ReceiptNotice],
    connection: Connection,
    known: dict[str, str],
    *,
    is_stopped: bool,
    now: datetime,
) -> Compared:
    marker = accounts.get_marker()
    reads = {one.reference: said for one in page if (said := read_reference(one.reference, marker=marker))}
    books = purchase_queries.list_booked(
        connection.channel_id,
        references=[notice.reference for notice in page],
        order_ids=[said.shipment_id for said in reads.values()],
    )
    meant = _get_meant(books)
    return compare_page(
        [_there(notice) for notice in page],
        [_here(booked, meant) for booked in books],
        reads=reads,
        known=known,
        is_stopped=is_stopped,
        now=now,
    )


def _get_meant(books: Sequence[BookedPurchase]) -> dict[int, Mapping[str, Decimal]]:
    """What was said of each when it was last sent."""
    said = exchange_queries.get_last_messages(
        "purchase", subject_ids=[one.order_id for one in books], kind=ExchangeKind.EXPORT_PURCHASE
    )
    return {order_id: messages.sum_lines(messages.thaw(stored).lines) for order_id, (_, stored) in said.items()}


def _here(booked: BookedPurchase, meant: Mapping[int, Mapping[str, Decimal]]) -> Here:
    return Here(
        subject_id=booked.order_id,
        reference=booked.reference,
        generation=booked.generation,
        status=booked.status,
        dispatch=booked.dispatch,
        external_id=booked.external_id,
        quantities=meant.get(booked.order_id, {}),
    )


def _there(notice: ReceiptNotice) -> There:
    return There(
        reference=notice.reference,
        external_id=notice.external_id,
        far_status=notice.far_status,
        is_live=notice.status is not FarReceiptStatus.REJECTED,
        is_untouched=notice.status in UNTOUCHED,
        has_ended=notice.status is FarReceiptStatus.RECEIVED,
        changed_at=notice.changed_at,
        quantities=messages.sum_lines(notice.lines),
        is_purchase=True,
        is_part=bool(notice.parent_id),
    )
