"""Cut shipments, claim what is due, apply what was decided, book what was shipped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
from django.db import connection
from django.db.models import Q

from dockline.domain.dispatches.rules import (
    Dispatch,
    DispatchState,
    FarSideChanged,
    Restored,
    Wish,
    WishPurpose,
    WishState,
    decide,
    make_reference,
)
from dockline.domain.shipments.models import (
    CancelWish,
    Package,
    Shipment,
    ShipmentLine,
    ShipmentLot,
    ShipmentSurplus,
)
from dockline.domain.shipments.rules import OPEN_STATUSES, ShipmentStatus, Surplus


@dataclass(frozen=True)
class NewLine:
    """What a shipment is to carry for an order line, in base units; `alternate_id` where it is another product."""

    order_line_id: int
    quantity: Decimal
    alternate_id: int | None = None


@dataclass(frozen=True)
class NewShipment:
    """What one warehouse is to ship of an order."""

    order_id: int
    order_number: str
    lines: Sequence[NewLine]


def cut_shipments(
    new: Sequence[NewShipment], *, channel_id: int, marker: str, reference_length: int, now: datetime
) -> list[ShipmentLine]:
    """Create shipments that are ready to send, references fixed, and return their lines."""
    ids = _next_ids(len(new))
    shipments, lines = [], []
    for shipment_id, plan in zip(ids, new, strict=True):
        shipments.append(
            Shipment(
                id=shipment_id,
                order_id=plan.order_id,
                channel_id=channel_id,
                reference=make_reference(
                    order_number=plan.order_number,
                    marker=marker,
                    shipment_id=shipment_id,
                    generation=1,
                    longest=reference_length,
                ),
                status=ShipmentStatus.READY,
                dispatch=DispatchState.READY,
                wake_at=now,
                created_at=now,
            )
        )
        lines += [
            ShipmentLine(
                shipment_id=shipment_id,
                order_line_id=line.order_line_id,
                quantity=line.quantity,
                alternate_id=line.alternate_id,
            )
            for line in plan.lines
        ]
    Shipment.objects.bulk_create(shipments)
    return ShipmentLine.objects.bulk_create(lines, batch_size=2000)


def lock_due(
    channel_id: int,
    *,
    states: Sequence[DispatchState],
    now: datetime,
    most: int,
    among: Sequence[int] | None = None,
) -> list[Shipment]:
    """Lock the dispatches in these states whose time has come, oldest first, leaving out what others hold."""
    rows = Shipment.objects.select_for_update(skip_locked=True).filter(
        channel_id=channel_id, dispatch__in=states, wake_at__lte=now
    )
    rows = rows if among is None else rows.filter(id__in=among)
    return list(rows.order_by("wake_at", "id")[:most])


def lock_ready(
    channel_id: int, *, needs_products: bool, now: datetime, most: int, among: Sequence[int] | None = None
) -> list[Shipment]:
    """Lock shipments that are due for sending; with `needs_products` only those whose products the channel knows.

    With `among` only these.

    The products of the oldest are looked at only once these are locked: those that lack some are put off by the
    catalog export, so they do not stand in the way for long.
    """
    due = lock_due(channel_id, states=[DispatchState.READY], now=now, most=most, among=among)
    if not needs_products or not due:
        return due
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT line.shipment_id FROM shipments_shipmentline line
            JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
            LEFT JOIN exchanges_link link
                ON link.channel_id = %s AND link.kind = 'product'
                AND link.subject_id = coalesce(line.alternate_id, wanted.variant_id)
            WHERE line.shipment_id = ANY(%s) AND link.id IS NULL
            """,
            [channel_id, [shipment.id for shipment in due]],
        )
        lacking = {row[0] for row in cursor.fetchall()}
    return [shipment for shipment in due if shipment.id not in lacking]


def lock_shipments(shipment_ids: Iterable[int]) -> dict[int, Shipment]:
    """Lock these shipments in id order."""
    rows = Shipment.objects.select_for_update().filter(id__in=list(shipment_ids)).order_by("id")
    return {row.id: row for row in rows}


def lock_by_reference(channel_id: int, references: Iterable[str]) -> dict[str, Shipment]:
    """Lock the channel's shipments with these references, in id order."""
    rows = (
        Shipment.objects.select_for_update()
        .filter(channel_id=channel_id, reference__in=list(references))
        .order_by("id")
    )
    return {row.reference: row for row in rows}


def get_line_rows(shipment_ids: Sequence[int]) -> dict[int, ShipmentLine]:
    """Return the lines of locked shipments by id, for changing."""
    return {row.id: row for row in ShipmentLine.objects.filter(shipment_id__in=shipment_ids).order_by("id")}


def dispatch_of(shipment: Shipment) -> Dispatch:
    """The shipment's dispatch as the value that `decide` works on."""
    return Dispatch(
        state=DispatchState(shipment.dispatch),
        attempts=shipment.attempts,
        clean_absences=shipment.clean_absences,
        settle_until=shipment.settle_until,
        wake_at=shipment.wake_at,
        reason=shipment.reason,
    )


def apply_dispatch(shipment: Shipment, dispatch: Dispatch, *, now: datetime) -> None:
    """Put a decided dispatch on a locked shipment, with the status people read; `save_shipments` stores it."""
    was = shipment.dispatch
    shipment.dispatch = dispatch.state
    shipment.attempts = dispatch.attempts
    shipment.clean_absences = dispatch.clean_absences
    shipment.settle_until = dispatch.settle_until
    shipment.wake_at = dispatch.wake_at
    shipment.reason = dispatch.reason
    if dispatch.state in (DispatchState.CONFIRMED, DispatchState.DIFFERS) and was != dispatch.state:
        if shipment.status in (ShipmentStatus.READY, ShipmentStatus.REJECTED):
            shipment.status = ShipmentStatus.SENT
        shipment.confirmed_at = shipment.confirmed_at or now
        shipment.seen_there_at = now
    if dispatch.state == DispatchState.NEEDS_FIX:
        shipment.status = ShipmentStatus.REJECTED


def save_shipments(shipments: Sequence[Shipment]) -> None:
    """Store locked shipments, in one statement."""
    if not shipments:
        return
    rows = [{"id": row.id, **{column: getattr(row, column) for column in _CHANGING}} for row in shipments]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [msgspec.json.encode(rows).decode()])


_CHANGING = {
    "reference": "text",
    "generation": "smallint",
    "status": "text",
    "dispatch": "text",
    "attempts": "smallint",
    "clean_absences": "smallint",
    "settle_until": "timestamptz",
    "wake_at": "timestamptz",
    "reason": "text",
    "far_status": "text",
    "is_given_back": "boolean",
    "confirmed_at": "timestamptz",
    "seen_there_at": "timestamptz",
    "shipped_at": "timestamptz",
}
"""The columns that change once a shipment is cut, with their types."""

_SAVE = f"""
UPDATE shipments_shipment shipment SET {", ".join(f"{column} = said.{column}" for column in _CHANGING)}
FROM json_to_recordset(%s::json) AS said(id bigint, {", ".join(f"{name} {kind}" for name, kind in _CHANGING.items())})
WHERE shipment.id = said.id
"""  # noqa: S608 - our own column names


def save_sent_skus(skus: Mapping[int, str]) -> None:
    """Store under which SKU lines are sent, by line id; empty where it is ours."""
    if not skus:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE shipments_shipmentline line SET sent_sku = said.sku
            FROM unnest(%s::bigint[], %s::text[]) AS said(line_id, sku)
            WHERE line.id = said.line_id AND line.sent_sku <> said.sku
            """,
            [list(skus.keys()), list(skus.values())],
        )


def save_shipped_quantities(lines: Sequence[ShipmentLine]) -> None:
    """Store what was shipped of each line."""
    ShipmentLine.objects.bulk_update(lines, ["shipped_quantity"], batch_size=500)


@dataclass(frozen=True)
class NewPackage:
    """A parcel of a shipment, as the warehouse has it at one version."""

    shipment_id: int
    external_id: str
    version: int
    carrier: str
    service: str
    tracking_number: str
    tracking_url: str


def record_packages(packages: Sequence[NewPackage]) -> None:
    """Store parcels; one that is known takes the newer words."""
    Package.objects.bulk_create(
        [
            Package(
                shipment_id=package.shipment_id,
                external_id=package.external_id,
                version=package.version,
                carrier=package.carrier[:100],
                service=package.service[:100],
                tracking_number=package.tracking_number[:100],
                tracking_url=package.tracking_url,
            )
            for package in packages
        ],
        update_conflicts=True,
        unique_fields=["shipment", "external_id"],
        update_fields=["version", "carrier", "service", "tracking_number", "tracking_url"],
    )


def wake_ready(shipment_ids: Iterable[int], *, now: datetime) -> int:
    """Have these shipments looked at again, as far as they are still to be sent. Returns how many."""
    waiting = Shipment.objects.filter(id__in=list(shipment_ids), dispatch=DispatchState.READY, status__in=OPEN_STATUSES)
    return waiting.update(wake_at=now)


@dataclass(frozen=True)
class NewLot:
    """A lot or serial number that shipped on a line."""

    line_id: int
    lot: str
    serial: str
    expires_on: date | None
    quantity: Decimal


def record_lots(line_ids: Sequence[int], lots: Sequence[NewLot]) -> None:
    """Replace the lots of these lines."""
    if not line_ids:
        return
    ShipmentLot.objects.filter(line_id__in=line_ids).delete()
    ShipmentLot.objects.bulk_create(
        [
            ShipmentLot(
                line_id=one.line_id,
                lot=one.lot[:100],
                serial=one.serial[:100],
                expires_on=one.expires_on,
                quantity=one.quantity,
            )
            for one in lots
        ],
        batch_size=500,
    )


def record_surplus(found: Mapping[int, Sequence[Surplus]]) -> None:
    """Replace what these shipments shipped beyond what was asked, by shipment id."""
    if not found:
        return
    ShipmentSurplus.objects.filter(shipment_id__in=list(found)).delete()
    ShipmentSurplus.objects.bulk_create(
        ShipmentSurplus(shipment_id=shipment_id, sku=one.sku[:200], quantity=one.quantity, is_ordered=one.is_ordered)
        for shipment_id, those in found.items()
        for one in those
    )


def wake_waiting(channel_id: int, *, now: datetime) -> int:
    """Let everything of a channel that waits for a later time be looked at now; for a channel that was mended."""
    return Shipment.objects.filter(Q(wake_at__gt=now), channel_id=channel_id, dispatch=DispatchState.READY).update(
        wake_at=now
    )


def hold_unsettled(channel_id: int, *, reason: str, now: datetime) -> list[Shipment]:
    """Hold every dispatch of a channel that may have reached the far side without an answer. Needs a transaction."""
    unsettled = Q(dispatch__in=[DispatchState.SENDING, DispatchState.SETTLING]) | Q(
        dispatch=DispatchState.READY, attempts__gt=0
    )
    open_ones = Shipment.objects.select_for_update().filter(channel_id=channel_id, status__in=OPEN_STATUSES)
    rows = list(open_ones.filter(unsettled).order_by("id"))
    for row in rows:
        apply_dispatch(row, decide(dispatch_of(row), FarSideChanged(reason), now), now=now)
    save_shipments(rows)
    return rows


def look_first(
    channel_id: int,
    *,
    settle: timedelta,
    now: datetime,
    most: int,
    after_id: int = 0,
    among: Iterable[int] | None = None,
) -> list[Shipment]:
    """Have open shipments that are not confirmed looked for before anything is sent: the database may have forgotten.

    Needs a transaction. Returns at most so many, locked and behind an id, perhaps only of some; the caller stores them.
    """
    states = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)
    rows = Shipment.objects.select_for_update().filter(
        channel_id=channel_id, status__in=OPEN_STATUSES, dispatch__in=states, id__gt=after_id
    )
    rows = rows if among is None else rows.filter(id__in=list(among))
    locked = list(rows.order_by("id")[:most])
    for row in locked:
        apply_dispatch(row, decide(dispatch_of(row), Restored(settle), now), now=now)
    return locked


def skip_ids(*, past: int) -> None:
    """Have no new shipment take an id up to this one: a reference over there may have been made of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT setval(sequence, greatest(%s, nextval(sequence)))
            FROM pg_get_serial_sequence('shipments_shipment', 'id') AS sequence
            """,
            [past],
        )


def postpone_without_products(channel_id: int, *, until: datetime, now: datetime) -> int:
    """Put off shipments whose products the channel has just refused to know, so that nobody asks in a circle."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE shipments_shipment shipment SET wake_at = %(until)s
            WHERE shipment.channel_id = %(channel)s AND shipment.dispatch = 'ready' AND shipment.wake_at <= %(now)s
              AND EXISTS (
                SELECT 1 FROM shipments_shipmentline line
                JOIN orders_salesorderline wanted ON wanted.id = line.order_line_id
                LEFT JOIN exchanges_link link ON link.channel_id = shipment.channel_id
                     AND link.kind = 'product' AND link.subject_id = coalesce(line.alternate_id, wanted.variant_id)
                WHERE line.shipment_id = shipment.id AND link.id IS NULL)
            """,
            {"channel": channel_id, "until": until, "now": now},
        )
        return int(cursor.rowcount)


def ask_wishes(
    shipment_ids: Sequence[int],
    *,
    asked_by: str,
    now: datetime,
    deadline: datetime,
    purpose: WishPurpose = WishPurpose.CANCEL,
) -> None:
    """Keep the wish that these locked shipments do not go. One that is asked already goes on, for the new purpose."""
    open_ones = CancelWish.objects.filter(shipment_id__in=shipment_ids, state=WishState.ASKED)
    asked = set(open_ones.values_list("shipment_id"))
    open_ones.exclude(purpose=purpose).update(purpose=purpose, asked_by=asked_by[:150])
    CancelWish.objects.bulk_create(
        [
            CancelWish(
                shipment_id=shipment_id,
                purpose=purpose,
                state=WishState.ASKED,
                asked_by=asked_by[:150],
                asked_at=now,
                deadline=deadline,
                wake_at=now,
            )
            for shipment_id in shipment_ids
            if (shipment_id,) not in asked
        ]
    )


def lock_wishes(
    shipment_ids: Iterable[int], *, states: Sequence[WishState] = (WishState.ASKED,), due: datetime | None = None
) -> dict[int, CancelWish]:
    """Lock the newest wish of each of these locked shipments as far as it is in these states, and due if so wanted."""
    rows = CancelWish.objects.select_for_update().filter(shipment_id__in=list(shipment_ids)).order_by("id")
    newest = {row.shipment_id: row for row in rows}
    return {
        shipment_id: row
        for shipment_id, row in newest.items()
        if row.state in states and (due is None or (row.wake_at is not None and row.wake_at <= due))
    }


def wish_of(row: CancelWish) -> Wish:
    """The stored wish as the value that `decide_wish` works on."""
    return Wish(state=WishState(row.state), deadline=row.deadline, wake_at=row.wake_at, reason=row.reason)


def apply_wish(row: CancelWish, wish: Wish, *, now: datetime) -> None:
    """Put a decided wish on a locked row; `save_wishes` stores it."""
    row.state, row.wake_at, row.reason = wish.state, wish.wake_at, wish.reason
    row.answered_at = None if wish.state == WishState.ASKED else now


def save_wishes(rows: Sequence[CancelWish]) -> None:
    """Store locked wishes."""
    CancelWish.objects.bulk_update(rows, ["state", "wake_at", "reason", "answered_at"], batch_size=500)


def close_shipments(locked: Sequence[Shipment], *, gives_back: bool = False) -> None:
    """Cancel locked shipments: nothing of them goes, and nobody looks at them any more."""
    for shipment in locked:
        shipment.status, shipment.wake_at, shipment.settle_until = ShipmentStatus.CANCELLED, None, None
        shipment.is_given_back = shipment.is_given_back or gives_back
    save_shipments(locked)


def note_seen(shipment_ids: Sequence[int], *, now: datetime) -> None:
    """The warehouse has just shown that it has these shipments."""
    Shipment.objects.filter(id__in=shipment_ids).update(seen_there_at=now)


def _next_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('shipments_shipment', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]
