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
from dockline.domain.sweeps.rules import Compared, Difference, Found, Here, There, compare, compare_former, double
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
    """Compare a page; `known` are the live ones the pages before have shown, by reference.

    What was split off there is a part of what it was split from, and is received as such: it is counted and no more.
    """
    marker = accounts.get_marker()
    whole = [notice for notice in page if not notice.parent_id]
    read = {one.reference: said for one in whole if (said := read_reference(one.reference, marker=marker))}
    books = purchase_queries.list_booked(
        connection.channel_id,
        references=[notice.reference for notice in whole],
        order_ids=[said.shipment_id for said in read.values()],
    )
    by_reference = {one.reference: one for one in books}
    by_id = {one.order_id: one for one in books}
    meant = _get_meant(books)
    found: list[Found | None] = []
    foreign, there_as_known = 0, []
    for notice in whole:
        booked, said = by_reference.get(notice.reference), read.get(notice.reference)
        if booked is None and said is None:
            foreign += 1
            continue
        there, here = _there(notice), _here(booked, meant)
        other = known.setdefault(notice.reference, notice.external_id) if there.is_live else notice.external_id
        if other != notice.external_id:
            found.append(double(there, other, here))
        elif here is None and said is not None:
            former = by_id.get(said.shipment_id)
            is_same = former is not None and former.reference.startswith(f"{said.readable}-")
            found.append(compare_former(there, said, _here(former, meant) if is_same else None))
        else:
            found.append(compare(there, here, is_stopped=is_stopped, now=now))
        if booked is not None and booked.external_id == notice.external_id:
            there_as_known.append(booked.order_id)
    return Compared(
        found=[one for one in found if one is not None],
        seen=there_as_known,
        purchases=len(page),
        foreign_purchases=foreign,
    )


def _get_meant(books: Sequence[BookedPurchase]) -> dict[int, Mapping[str, Decimal]]:
    """What was said of each when it was last sent."""
    said = exchange_queries.get_last_messages(
        "purchase", subject_ids=[one.order_id for one in books], kind=ExchangeKind.EXPORT_PURCHASE
    )
    return {order_id: messages.sum_lines(messages.thaw(stored).lines) for order_id, (_, stored) in said.items()}


def _here(booked: BookedPurchase | None, meant: Mapping[int, Mapping[str, Decimal]]) -> Here | None:
    if booked is None:
        return None
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
    )
