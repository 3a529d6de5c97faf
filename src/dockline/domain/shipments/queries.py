"""What is asked about shipments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from dockline.domain.dispatches.rules import DispatchState, WishPurpose, WishState
from dockline.domain.shipments.models import CancelWish, Shipment, ShipmentLine, ShipmentLot
from dockline.domain.shipments.rules import OPEN_STATUSES, Carried, LineToSend, ShipmentStatus, ShipmentToSend

SENT_SKU = Coalesce("alternate__sku", "order_line__sku")
"""The SKU of what a shipment line sends: the ordered product's, or that of an alternate sent in its place."""


@dataclass(frozen=True)
class LineWithProgress:
    """One order line with what open shipments still carry of it, in base units."""

    order_id: int
    line_id: int
    variant_id: int
    sku: str
    ordered: Decimal
    shipped: Decimal
    cancelled: Decimal
    under_way: Decimal
    part_of: int | None = None
    per_bundle: Decimal | None = None


def get_lines_with_progress(order_ids: Sequence[int]) -> dict[int, list[LineWithProgress]]:
    """Return the lines of these orders that ship, in line order, with what is under way; of bundles their parts."""
    found: dict[int, list[LineWithProgress]] = {order_id: [] for order_id in order_ids}
    with connection.cursor() as cursor:
        cursor.execute(_LINES_WITH_PROGRESS, {"orders": list(order_ids)})
        for row in cursor.fetchall():
            line = LineWithProgress(*row)
            found[line.order_id].append(line)
    return found


_LINES_WITH_PROGRESS = """
SELECT line.order_id, line.id, line.variant_id, line.sku, line.base_quantity, line.shipped_quantity,
       line.cancelled_quantity,
       coalesce((SELECT sum(carried.quantity) FROM shipments_shipmentline carried
                 JOIN shipments_shipment shipment ON shipment.id = carried.shipment_id
                 WHERE carried.order_line_id = line.id AND shipment.status IN ('ready', 'sent', 'rejected')), 0),
       line.part_of_id, line.per_bundle
FROM orders_salesorderline line WHERE line.order_id = ANY(%(orders)s) AND NOT line.is_bundle
ORDER BY line.order_id, line.number
"""


def get_orders_with_open_shipments(order_ids: Sequence[int]) -> set[int]:
    """Return which of these orders have a shipment that has neither shipped nor been cancelled."""
    open_ones = Shipment.objects.filter(order_id__in=order_ids, status__in=OPEN_STATUSES)
    return set(open_ones.values_list("order_id", flat=True))


def list_to_send(shipment_ids: Sequence[int]) -> list[ShipmentToSend]:
    """Return these shipments with what is needed to send them; an address that names nobody is the customer's."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES_TO_SEND, {"shipments": list(shipment_ids)})
        lines: dict[int, list[LineToSend]] = {}
        for shipment_id, *named, references in cursor.fetchall():
            said = {} if references is None else json.loads(references)
            lines.setdefault(shipment_id, []).append(LineToSend._make((*named, said)))
        cursor.execute(_HEADS_TO_SEND, {"shipments": list(lines)})
        return [_to_send(head, lines[head[0]]) for head in cursor.fetchall()]


def _to_send(head: Sequence[Any], lines: Sequence[LineToSend]) -> ShipmentToSend:
    ship_to, customer_name, references = json.loads(head[-3]), head[-2], json.loads(head[-1])
    if not (ship_to.get("contact") or ship_to.get("company")):
        ship_to["contact"] = customer_name
    return ShipmentToSend(*(*head[:-3], ship_to, references, tuple(lines)))


_LINES_TO_SEND = """
SELECT line.shipment_id, line.id, variant.id, variant.sku, product.name, variant.name, variant.base_unit,
       line.quantity, nullif(wanted."references", '{}')
FROM shipments_shipmentline line
JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
JOIN products_variant variant ON variant.id = coalesce(line.alternate_id, wanted.variant_id)
JOIN products_product product ON product.id = variant.product_id
WHERE line.shipment_id = ANY(%(shipments)s) ORDER BY line.shipment_id, line.id
"""

_HEADS_TO_SEND = """
SELECT shipment.id, shipment.reference, placed.number, placed.carrier, placed.service, placed.ship_on,
       placed.deliver_by, placed.instructions, placed.ship_to, placed.customer_name, placed."references"
FROM shipments_shipment shipment JOIN orders_salesorder placed ON placed.id = shipment.order_id
WHERE shipment.id = ANY(%(shipments)s) ORDER BY shipment.id
"""


@dataclass(frozen=True)
class ShipmentContext:
    """Whose shipment it is, and under which number people know its order."""

    shipment_id: int
    order_id: int
    order_number: str
    account_id: int


def get_contexts(shipment_ids: Sequence[int]) -> dict[int, ShipmentContext]:
    """Return whose these shipments are."""
    rows = Shipment.objects.filter(id__in=shipment_ids).values_list(
        "id", "order_id", "order__number", "order__account_id"
    )
    return {row[0]: ShipmentContext(*row) for row in rows}


def get_lines_of(shipment_ids: Sequence[int]) -> dict[int, list[Carried]]:
    """Return what each of these shipments carries, in line order, in base units: by the SKU of what is sent."""
    found: dict[int, list[Carried]] = {shipment_id: [] for shipment_id in shipment_ids}
    rows = (
        ShipmentLine.objects.filter(shipment_id__in=shipment_ids)
        .order_by("shipment_id", "order_line__number", "id")
        .values_list("shipment_id", "id", SENT_SKU, "quantity", "sent_sku")
    )
    for shipment_id, line_id, sku, quantity, sent_sku in rows:
        found[shipment_id].append(Carried(line_id, str(line_id), sku, quantity, sent_sku))
    return found


def list_channels_with_due_dispatches(*, now: datetime) -> list[tuple[int, str]]:
    """Return (channel, dispatch state) wherever something is due on a channel that is open for work."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT shipment.channel_id, shipment.dispatch
            FROM shipments_shipment shipment JOIN channels_channel channel ON channel.id = shipment.channel_id
            WHERE shipment.dispatch IN ('ready', 'sending', 'settling') AND shipment.wake_at <= %(now)s
              AND channel.state = 'active' AND (channel.retry_at IS NULL OR channel.retry_at <= %(now)s)
            """,
            {"now": now},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


OLDEST_DUE = 400
"""Of how many the products are looked for: what is behind them is looked at once these have left, or were put off."""


def list_channels_missing_products(*, connectors: Sequence[str], now: datetime) -> list[int]:
    """Return the channels of these connectors on which one of the oldest due shipments has a product never exported."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT channel.id FROM channels_channel channel
            WHERE channel.state = 'active' AND (channel.retry_at IS NULL OR channel.retry_at <= %(now)s)
              AND channel.connector = ANY(%(connectors)s)
              AND EXISTS (
                SELECT FROM (
                    SELECT shipment.id FROM shipments_shipment shipment
                    WHERE shipment.channel_id = channel.id AND shipment.dispatch = 'ready'
                      AND shipment.wake_at <= %(now)s
                    ORDER BY shipment.wake_at, shipment.id LIMIT %(oldest)s) due
                JOIN shipments_shipmentline line ON line.shipment_id = due.id
                JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
                LEFT JOIN exchanges_link link ON link.channel_id = channel.id AND link.kind = 'product'
                     AND link.subject_id = coalesce(line.alternate_id, wanted.variant_id)
                WHERE link.id IS NULL)
            """,
            {"now": now, "connectors": list(connectors), "oldest": OLDEST_DUE},
        )
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class ReadyShipment:
    """A shipment that is due to be sent."""

    shipment_id: int
    reference: str
    order_number: str
    lines: int


def list_ready(channel_id: int, *, needs_products: bool, now: datetime) -> list[ReadyShipment]:
    """Return every shipment that is due to be sent; with `needs_products` only those whose products are known there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shipment.id, shipment.reference, placed.number, count(*)
            FROM shipments_shipment shipment
            JOIN orders_salesorder placed ON placed.id = shipment.order_id
            JOIN shipments_shipmentline line ON line.shipment_id = shipment.id
            JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
            LEFT JOIN exchanges_link link ON link.channel_id = shipment.channel_id AND link.kind = 'product'
                 AND link.subject_id = coalesce(line.alternate_id, wanted.variant_id)
            WHERE shipment.channel_id = %(channel)s AND shipment.dispatch = 'ready' AND shipment.wake_at <= %(now)s
            GROUP BY shipment.id, placed.number
            HAVING NOT (%(needs_products)s AND bool_or(link.id IS NULL))
            ORDER BY shipment.wake_at, shipment.id
            """,
            {"channel": channel_id, "now": now, "needs_products": needs_products},
        )
        return [ReadyShipment(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class WaitingGroup:
    """Shipments that wait for the same carrier and service: how many, and the first orders of them."""

    carrier: str
    service: str
    count: int
    orders: tuple[tuple[int, str], ...]


def group_waiting(shipment_ids: Sequence[int], *, orders: int = 5) -> list[WaitingGroup]:
    """Group shipments that are still to be sent by what their orders ask for, the largest group first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.carrier, asked.service, count(*),
                   (array_agg(asked.id ORDER BY shipment.id))[1:%(orders)s],
                   (array_agg(asked.number ORDER BY shipment.id))[1:%(orders)s]
            FROM shipments_shipment shipment JOIN orders_salesorder asked ON asked.id = shipment.order_id
            WHERE shipment.id = ANY(%(shipments)s) AND shipment.dispatch = 'ready'
            GROUP BY asked.carrier, asked.service ORDER BY count(*) DESC, 1, 2
            """,
            {"shipments": list(shipment_ids), "orders": orders},
        )
        return [
            WaitingGroup(carrier, service, count, tuple(zip(ids, numbers, strict=True)))
            for carrier, service, count, ids, numbers in cursor.fetchall()
        ]


def group_waiting_by_sku(shipment_ids: Sequence[int]) -> dict[str, int]:
    """Count how many of these shipments, still to be sent, carry each SKU."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(other.sku, wanted.sku), count(DISTINCT shipment.id) FROM shipments_shipment shipment
            JOIN shipments_shipmentline line ON line.shipment_id = shipment.id
            JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
            LEFT JOIN products_variant other ON other.id = line.alternate_id
            WHERE shipment.id = ANY(%(shipments)s) AND shipment.dispatch = 'ready' GROUP BY 1
            """,
            {"shipments": list(shipment_ids)},
        )
        return dict(cursor.fetchall())


def count_empty_shipments(order_id: int) -> int:
    """Count the order's shipments that the warehouse closed with nothing in them."""
    closed = Shipment.objects.filter(order_id=order_id, status=ShipmentStatus.SHORT_SHIPPED)
    return closed.exclude(lines__shipped_quantity__gt=0).count()


def find_shipment_id(reference: str) -> int | None:
    """Return the shipment with this reference, if there is one."""
    return Shipment.objects.filter(reference=reference).order_by("id").values_list("id", flat=True).first()


@dataclass(frozen=True)
class SentShipment:
    """A shipment its warehouse has, with what was booked as shipped of each SKU in base units."""

    reference: str
    status: str
    shipped: dict[str, Decimal]


def list_sent_shipments(channel_id: int) -> list[SentShipment]:
    """Return every shipment of a channel that its warehouse accepted."""
    shipped: dict[int, dict[str, Decimal]] = {}
    lines = ShipmentLine.objects.filter(shipment__channel_id=channel_id, shipped_quantity__gt=0)
    for shipment_id, sku, quantity in lines.order_by("id").values_list("shipment_id", SENT_SKU, "shipped_quantity"):
        of_shipment = shipped.setdefault(shipment_id, {})
        of_shipment[sku] = of_shipment.get(sku, Decimal(0)) + quantity
    rows = Shipment.objects.filter(channel_id=channel_id, confirmed_at__isnull=False).order_by("id")
    return [
        SentShipment(reference, status, shipped.get(shipment_id, {}))
        for shipment_id, reference, status in rows.values_list("id", "reference", "status")
    ]


@dataclass(frozen=True)
class OpenWork:
    """What of a channel is not finished: not sent, being sent or looked for, and at the warehouse."""

    unsent: int
    unsettled: int
    there: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.unsent + self.unsettled + self.there


def count_open_work(channel_id: int) -> OpenWork:
    """Count a channel's unfinished shipments."""
    unsettled = Q(dispatch__in=(DispatchState.SENDING, DispatchState.SETTLING))
    there = Q(dispatch__in=(DispatchState.CONFIRMED, DispatchState.DIFFERS))
    found = Shipment.objects.filter(channel_id=channel_id, status__in=OPEN_STATUSES).aggregate(
        unsent=Count("id", filter=~unsettled & ~there),
        unsettled=Count("id", filter=unsettled),
        there=Count("id", filter=there),
    )
    return OpenWork(**found)


def find_order_id(shipment_id: int) -> int | None:
    """Return whose order a shipment is of."""
    return Shipment.objects.filter(id=shipment_id).values_list("order_id", flat=True).first()


def list_open_ids(order_id: int) -> list[int]:
    """List the order's shipments that have neither shipped nor been cancelled."""
    open_ones = Shipment.objects.filter(order_id=order_id, status__in=OPEN_STATUSES)
    return list(open_ones.order_by("id").values_list("id", flat=True))


def list_wished(channel_id: int, *, now: datetime, most: int) -> list[int]:
    """List shipments of a channel whose wish to be cancelled is due, the longest due first."""
    due = CancelWish.objects.filter(shipment__channel_id=channel_id, state=WishState.ASKED, wake_at__lte=now)
    return list(due.order_by("wake_at", "id").values_list("shipment_id", flat=True)[:most])


def list_channels_with_due_wishes(*, now: datetime) -> list[int]:
    """List the channels that have a wish to act on."""
    due = CancelWish.objects.filter(state=WishState.ASKED, wake_at__lte=now)
    return list(due.order_by("shipment__channel_id").values_list("shipment__channel_id", flat=True).distinct())


@dataclass(frozen=True)
class WishRow:
    """What somebody wished of a shipment, and what came of it."""

    shipment_id: int
    purpose: WishPurpose
    state: WishState
    asked_by: str
    asked_at: datetime
    deadline: datetime
    answered_at: datetime | None
    reason: str

    @property
    def words(self) -> str:
        """How it stands, in a few words."""
        return _WISH_WORDS[self.purpose, self.state]


_WISH_WORDS = {
    **{(WishPurpose.CANCEL, state): state.label for state in WishState},
    (WishPurpose.HOLD, WishState.ASKED): "Asked to give it back",
    (WishPurpose.HOLD, WishState.ACCEPTED): "Given back",
    (WishPurpose.HOLD, WishState.REFUSED): "Too late to put on hold",
    (WishPurpose.HOLD, WishState.EXPIRED): "Hold not answered",
    (WishPurpose.CHANGE, WishState.ASKED): "Asked to give it back for a change",
    (WishPurpose.CHANGE, WishState.ACCEPTED): "Given back",
    (WishPurpose.CHANGE, WishState.REFUSED): "Too late to change",
    (WishPurpose.CHANGE, WishState.EXPIRED): "Change not answered",
}


def get_wishes(shipment_ids: Sequence[int]) -> dict[int, WishRow]:
    """Return the newest wish of each of these shipments that has one."""
    rows = CancelWish.objects.filter(shipment_id__in=shipment_ids).order_by("id")
    return {
        row.shipment_id: WishRow(
            row.shipment_id,
            WishPurpose(row.purpose),
            WishState(row.state),
            row.asked_by,
            row.asked_at,
            row.deadline,
            row.answered_at,
            row.reason,
        )
        for row in rows
    }


def get_carried(shipment_ids: Sequence[int]) -> dict[int, dict[int, Decimal]]:
    """Return what each of these shipments carries of which order line, in base units."""
    found: dict[int, dict[int, Decimal]] = {shipment_id: {} for shipment_id in shipment_ids}
    rows = ShipmentLine.objects.filter(shipment_id__in=shipment_ids).order_by("id")
    for shipment_id, line_id, quantity in rows.values_list("shipment_id", "order_line_id", "quantity"):
        found[shipment_id][line_id] = found[shipment_id].get(line_id, Decimal(0)) + quantity
    return found


def list_elsewhere(shipment_ids: Sequence[int], *, warehouse_id: int) -> set[int]:
    """Return which of these shipments go from another warehouse."""
    there = Shipment.objects.filter(id__in=shipment_ids).exclude(channel__warehouse_id=warehouse_id)
    return set(there.values_list("id", flat=True))


def list_alternates(shipment_ids: Sequence[int]) -> list[int]:
    """List the variants that these shipments carry in the place of what was ordered."""
    rows = ShipmentLine.objects.filter(shipment_id__in=shipment_ids, alternate__isnull=False)
    return list(rows.order_by("alternate_id").values_list("alternate_id", flat=True).distinct())


def list_wishes_of(order_id: int, *, purpose: WishPurpose, asked_at: datetime) -> list[tuple[WishState, str]]:
    """Return how the wishes stand that were asked of an order's shipments at one time, each with its reason."""
    rows = CancelWish.objects.filter(shipment__order_id=order_id, purpose=purpose, asked_at=asked_at)
    return [(WishState(state), reason) for state, reason in rows.order_by("id").values_list("state", "reason")]


def sum_by_order_line(shipment_ids: Sequence[int]) -> dict[int, Decimal]:
    """Sum what these shipments carry of each order line."""
    rows = ShipmentLine.objects.filter(shipment_id__in=shipment_ids).values_list("order_line_id")
    return dict(rows.annotate(Sum("quantity")).order_by("order_line_id"))


@dataclass(frozen=True)
class ThereShipment:
    """A shipment the warehouse is believed to have: its id and ours, and theirs."""

    shipment_id: int
    reference: str
    external_id: str


def list_believed_there(channel_id: int, *, not_seen_since: datetime, most: int) -> list[ThereShipment]:
    """List open shipments the warehouse accepted and has not shown since, the longest unseen first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shipment.id, shipment.reference, link.external_id
            FROM shipments_shipment shipment
            JOIN exchanges_link link ON link.channel_id = shipment.channel_id AND link.kind = 'shipment'
                 AND link.subject_id = shipment.id
            WHERE shipment.channel_id = %(channel)s AND shipment.status = 'sent'
              AND shipment.dispatch IN ('confirmed', 'differs')
              AND coalesce(shipment.seen_there_at, shipment.created_at) < %(since)s
            ORDER BY coalesce(shipment.seen_there_at, shipment.created_at), shipment.id LIMIT %(most)s
            """,
            {"channel": channel_id, "since": not_seen_since, "most": most},
        )
        return [ThereShipment(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class BookedShipment:
    """A shipment as our books have it, with their id for it as far as we know one."""

    shipment_id: int
    reference: str
    generation: int
    status: ShipmentStatus
    dispatch: DispatchState
    external_id: str


def list_booked(
    channel_id: int, *, references: Sequence[str], shipment_ids: Sequence[int] = ()
) -> list[BookedShipment]:
    """List the channel's shipments with these references or ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shipment.id, shipment.reference, shipment.generation, shipment.status, shipment.dispatch,
                   coalesce(link.external_id, '')
            FROM shipments_shipment shipment
            LEFT JOIN exchanges_link link ON link.channel_id = shipment.channel_id AND link.kind = 'shipment'
                 AND link.subject_id = shipment.id
            WHERE shipment.channel_id = %(channel)s
              AND (shipment.reference = ANY(%(references)s) OR shipment.id = ANY(%(ids)s::bigint[]))
            """,
            {"channel": channel_id, "references": list(references), "ids": list(shipment_ids)},
        )
        return [
            BookedShipment(row[0], row[1], row[2], ShipmentStatus(row[3]), DispatchState(row[4]), row[5])
            for row in cursor.fetchall()
        ]


def list_known_otherwise(channel_id: int, external_ids: Mapping[str, str]) -> list[ThereShipment]:
    """Of shipments by reference, list those that we know there under another id than the one given."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT shipment.id, shipment.reference, link.external_id
            FROM unnest(%(references)s::text[], %(ids)s::text[]) AS said(reference, external_id)
            JOIN shipments_shipment shipment
                ON shipment.channel_id = %(channel)s AND shipment.reference = said.reference
            JOIN exchanges_link link ON link.channel_id = shipment.channel_id AND link.kind = 'shipment'
                 AND link.subject_id = shipment.id
            WHERE link.external_id <> said.external_id ORDER BY shipment.id
            """,
            {"channel": channel_id, "references": list(external_ids.keys()), "ids": list(external_ids.values())},
        )
        return [ThereShipment(*row) for row in cursor.fetchall()]


def list_shipped_since(channel_id: int, *, since: datetime) -> list[str]:
    """List the references of what a channel has shipped since then, oldest first."""
    gone_out = (ShipmentStatus.SHIPPED, ShipmentStatus.SHORT_SHIPPED)
    found = Shipment.objects.filter(channel_id=channel_id, status__in=gone_out, shipped_at__gte=since)
    return list(found.order_by("id").values_list("reference", flat=True))


def get_lots_of(line_ids: Sequence[int]) -> dict[int, list[ShipmentLot]]:
    """Return the lots of shipments' lines by line."""
    lots: dict[int, list[ShipmentLot]] = {}
    for lot in ShipmentLot.objects.filter(line_id__in=line_ids).order_by("id"):
        lots.setdefault(lot.line_id, []).append(lot)
    return lots
