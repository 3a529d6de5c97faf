"""Take in whole stock reports, book what moves between them, and promise stock to shipments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from dockline.domain.inventory import ledger_sql as sql
from dockline.domain.inventory.models import Buffer, Drift, LastReport, Level, ReportedPage, Reservation
from dockline.domain.inventory.rules import DECIMALS, MOST, PIECES, DriftFacts, MovementCause, Weight, name_drift
from dockline.domain.products.models import Variant
from dockline.domain.runs.rules import RunState
from dockline.kit.copy_text import write_columns
from dockline.kit.database import commit_soon
from dockline.kit.errors import NotNow

DRIFTS_AT_A_TIME = 5000


class StagedRow(NamedTuple):
    """One row of a stock report as it was told; `problem` says why its quantities cannot be kept.

    A tuple named as the table's columns, for there are many of them.
    """

    sku: str
    unit: str
    on_hand: Decimal
    free: Decimal
    incoming: Decimal
    is_sellable: bool = True
    status: str = ""
    lot: str = ""
    problem: str = ""
    expires_on: date | None = None
    page: int = 1


@dataclass(frozen=True)
class UnsizedRow:
    """A staged row whose unit is not one of our product's."""

    id: int
    page: int
    sku: str
    unit: str
    base_unit: str


@dataclass(frozen=True)
class Pages:
    """The pages of a complete report: those that are as they were, and the digests of those that were staged.

    `rows` is how many rows were staged.
    """

    kept: Mapping[int, str] = field(default_factory=dict)
    staged: Mapping[int, str] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True)
class LevelChange:
    """What a report would do to one variant's level; no former quantities where there was no level."""

    sku: str
    on_hand_before: Decimal | None
    free_before: Decimal | None
    on_hand: Decimal
    free: Decimal


@dataclass(frozen=True)
class Review:
    """All that a report is about to change, before anything is: so many levels.

    `vanished` lie there, and are in no row of it. `weigh` says how much stock there is before and after.
    """

    changes: int
    vanished: frozenset[str]
    weigh: Callable[[], tuple[Weight, Weight]]
    list_changes: Callable[[], Sequence[LevelChange]]


class UnitsUnknown(Exception):
    """Rows of a report are in units of which nobody has said how large they are."""


@dataclass(frozen=True)
class AppliedReport:
    """What a complete report changed. `in_stock` are the variants that backorders want and of which something is free.

    `drifted` counts the levels that were not what our ledger had; `faulty` are rows that cannot be offered.
    """

    changed: int
    emptied: int
    drifted: int
    unknown_skus: tuple[str, ...]
    faulty: tuple[str, ...]
    in_stock: tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """What a shipment or a receipt moved of one variant, as differences; `at` is when it happened over there."""

    variant_id: int
    on_hand: Decimal
    free: Decimal
    at: datetime
    subject_id: int
    reference: str


@dataclass(frozen=True)
class Shipped:
    """More, or less, of a shipment line that left the warehouse; `at` is when it left the shelf there."""

    shipment_line_id: int
    quantity: Decimal
    at: datetime
    shipment_id: int
    reference: str


@dataclass(frozen=True)
class Arrived:
    """More, or less, that arrived of a purchase order; not `is_sellable` when it lies there damaged or the like."""

    sku: str
    quantity: Decimal
    is_sellable: bool
    at: datetime
    order_id: int
    reference: str


def stage_rows(run_id: int, pages: Iterable[Sequence[StagedRow]], *, channel_id: int) -> None:
    """Put pages of a report aside until it is complete; nothing is visible yet. Each is written as it comes."""
    *told, when, which = StagedRow._fields
    columns = ", ".join(("channel_id", "edition", which, when, *told))
    with transaction.atomic(), connection.cursor() as cursor:
        commit_soon()
        with cursor.copy(f"COPY inventory_reportedrow ({columns}) FROM STDIN") as copy:
            for rows in filter(None, pages):
                # NULL is no text of a cell, but the same for all rows that are written together.
                for alike in (rows,) if _expire_alike(rows) else zip(rows, strict=True):
                    copy.write(_write(alike, before=f"{channel_id}\t{run_id}\t"))


def _expire_alike(rows: Sequence[StagedRow]) -> bool:
    return len({row.expires_on is None for row in rows}) < 2


def _write(rows: Sequence[StagedRow], *, before: str) -> bytes:
    """Write rows of one page that all expire, or never."""
    *told, when, _ = zip(*rows, strict=True)
    cells = [list(map(str, column)) for column in told]
    before = f"{before}{rows[0].page}\t"
    if when[0] is None:
        return write_columns(cells, before=f"{before}\\N\t")
    return write_columns([list(map(str, when)), *cells], before=before)


def list_unsized_rows(run_id: int, *, channel_id: int, account_id: int, after: int, limit: int) -> list[UnsizedRow]:
    """List staged rows of our products in units that those do not have, by id."""
    names = {"run": run_id, "channel": channel_id, "account": account_id, "after": after, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(sql.LIST_UNSIZED, names)
        return [UnsizedRow(*row) for row in cursor.fetchall()]


def size_rows(sizes: Mapping[int, Decimal]) -> None:
    """Say how many base units are in the unit of each of these staged rows."""
    if sizes:
        with connection.cursor() as cursor:
            cursor.execute(sql.SIZE_ROWS, [list(sizes), list(sizes.values())])


def drop_staged_rows(run_id: int, *, channel_id: int) -> None:
    """Forget what was put aside for a run; once its report was applied, there is no such thing."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DROP_ROWS, {"channel": channel_id, "run": run_id})


def drop_abandoned_rows(channel_id: int) -> None:
    """Forget what was put aside by runs of a channel that are over and have come to nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DROP_ABANDONED, {"channel": channel_id, "running": RunState.RUNNING})


def apply_report(
    run_id: int,
    *,
    channel_id: int,
    account_id: int,
    warehouse_id: int,
    as_of: datetime,
    pages: Pages,
    are_sized: bool = True,
    review: Callable[[Review], None] | None = None,
    cause: MovementCause = MovementCause.REPORT,
) -> AppliedReport:
    """Replace the warehouse's levels by the staged report, which must be complete. Needs a transaction.

    `review` is shown all that is about to change, and may raise.

    A variant the report leaves out has no stock. A report older than the last one changes nothing. What cannot be
    offered is kept as unmatched. Each change is a movement, and a change our ledger cannot explain is drift. Of `pages`
    that are as they were the rows are here already. Raises NotNow when another report was applied meanwhile, and
    UnitsUnknown when staged rows are in units that our products do not have, unless those `are_sized` as far as
    anybody can say. Source: CartonCloud API notes, section 14.2; reliability D01, D10.
    """
    names: dict[str, Any] = {
        "run": run_id,
        "channel": channel_id,
        "account": account_id,
        "warehouse": warehouse_id,
        "as_of": as_of,
        "cause": cause,
        "pieces": sorted(PIECES),
        "most": MOST,
        "decimals": DECIMALS,
    }
    with connection.cursor() as cursor:
        lock_levels(warehouse_id)
        last = LastReport.objects.filter(account_id=account_id, warehouse_id=warehouse_id, as_of__gt=as_of)
        if last.exists():
            drop_staged_rows(run_id, channel_id=channel_id)
            return AppliedReport(0, 0, 0, (), (), ())
        cursor.execute(sql.HANDLE_MANY)
        editions = _replace_pages(pages, names)
        cursor.execute(sql.LOOK_NOTHING_UP)
        cursor.execute(sql.FOLD, {**names, "editions": editions})
        cursor.execute(sql.MAY_LOOK_UP)
        cursor.execute(sql.COUNT_ODD)
        faults, unknown = cursor.fetchone() or (0, 0)
        if faults and not are_sized and _lacks_sizes(names):
            raise UnitsUnknown
        cursor.execute(sql.COMPARE, names)
        if review is not None:
            changes = cursor.rowcount
            cursor.execute(sql.LIST_VANISHED)
            vanished = frozenset(sku for (sku,) in cursor.fetchall())
            review(Review(changes, vanished, lambda: _weigh(names), _list_changes))
        cursor.execute(sql.INSERT_LEVELS, names)
        changed = cursor.rowcount
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE is_gone) FROM changed_level WHERE level_id IS NOT NULL")
        updated, emptied = cursor.fetchone() or (0, 0)
        drifted = 0
        if updated:
            cursor.execute(sql.UPDATE_LEVELS, names)
            cursor.execute(sql.RECORD_DRIFT, names)
            drifted = cursor.rowcount
            _name_drifts(names)
        cursor.execute(sql.NOTE_REPORT, names)
        cursor.execute(sql.DROP_UNMATCHED, names)
        if faults or unknown:
            cursor.execute(sql.UPSERT_UNMATCHED, names)
        applied = AppliedReport(
            changed=changed + updated,
            emptied=emptied,
            drifted=drifted,
            unknown_skus=_list_texts(sql.LIST_UNKNOWN) if unknown else (),
            faulty=_list_texts(sql.LIST_FAULTS) if faults else (),
            in_stock=_list_awaited(names),
        )
        cursor.execute("DROP TABLE folded_report, changed_level")
    return applied


def _replace_pages(pages: Pages, names: Mapping[str, Any]) -> list[int]:
    """Let the staged pages count instead of the former ones. Returns the editions that count now."""
    run_id, channel_id = names["run"], names["channel"]
    found = ReportedPage.objects.filter(channel_id=channel_id).values_list("page", "digest", "edition")
    here = {page: (digest, edition) for page, digest, edition in found}
    for page, digest in pages.kept.items():
        if here.get(page, ("", 0))[0] != digest:
            raise NotNow("Another stock report was taken in meanwhile. Nothing was changed.")
    if pages.staged or here.keys() != pages.kept.keys():
        with connection.cursor() as cursor:
            cursor.execute(sql.COUNT_STAGED, names)
            if cursor.fetchone() != (pages.rows,):
                raise NotNow("Rows of the stock report have been dropped meanwhile. Nothing was changed.")
            staged: dict[str, Any] = {"pages": list(pages.staged), "digests": list(pages.staged.values())}
            cursor.execute(sql.REPLACE_PAGES, {**names, **staged, "kept": list(pages.kept)})
    return sorted({run_id, *(here[page][1] for page in pages.kept)})


def _lacks_sizes(names: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.LIST_UNSIZED, {**names, "after": 0, "limit": 1})
        return cursor.fetchone() is not None


def _weigh(names: Mapping[str, Any]) -> tuple[Weight, Weight]:
    with connection.cursor() as cursor:
        cursor.execute(sql.WEIGH, names)
        skus, units, skus_after, units_after = cursor.fetchone() or (0, Decimal(0), 0, Decimal(0))
    return Weight(skus, units), Weight(skus_after, units_after)


def _list_texts(statement: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(text for (text,) in cursor.fetchall())


def _list_awaited(names: Mapping[str, Any]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql.LIST_AWAITED, names)
        return tuple(variant_id for (variant_id,) in cursor.fetchall())


def _list_changes() -> list[LevelChange]:
    with connection.cursor() as cursor:
        cursor.execute(sql.LIST_CHANGES)
        return [LevelChange(*row) for row in cursor.fetchall()]


def _name_drifts(names: dict[str, Any]) -> None:
    """Name the probable cause of every difference this report has changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DRIFT_FACTS, names)
        facts = cursor.fetchall()
        for first in range(0, len(facts), DRIFTS_AT_A_TIME):
            part = facts[first : first + DRIFTS_AT_A_TIME]
            named = [(drift_id, name_drift(DriftFacts(*there))) for drift_id, *there in part]
            cursor.execute(sql.NAME_DRIFTS, [[drift_id for drift_id, _ in named], [str(cause) for _, cause in named]])


def book_moves(moves: Sequence[Move], *, warehouse_id: int, cause: MovementCause, now: datetime) -> None:
    """Move levels by what shipments or receipts moved. Needs a transaction; take no order's lock before it.

    What the last report had seen already moves no level: it explains a difference that the report had found. A
    variant without a level has none to move.
    """
    if not moves:
        return
    lock_levels(warehouse_id)
    names: dict[str, Any] = {
        "warehouse": warehouse_id,
        "cause": cause,
        "now": now,
        "variants": [move.variant_id for move in moves],
        "on_hand": [move.on_hand for move in moves],
        "free": [move.free for move in moves],
        "at": [move.at for move in moves],
        "subjects": [move.subject_id for move in moves],
        "references": [move.reference[:200] for move in moves],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.MOVE_LEVELS, names)
        cursor.execute(sql.EXPLAIN_DRIFTS, names)


def book_shipped(shipped: Sequence[Shipped], *, warehouse_id: int, now: datetime) -> None:
    """Take from the levels what has left the warehouse.

    What is free there does not change: it fell when the order was known there, and until a report says so its
    reservation stands for it.
    """
    if not shipped:
        return
    variant_of = dict(
        Reservation.objects.filter(shipment_line_id__in=[one.shipment_line_id for one in shipped]).values_list(
            "shipment_line_id", "variant_id"
        )
    )
    moves = [
        Move(
            variant_id=variant_of[one.shipment_line_id],
            on_hand=-one.quantity,
            free=Decimal(0),
            at=one.at,
            subject_id=one.shipment_id,
            reference=one.reference,
        )
        for one in shipped
        if one.shipment_line_id in variant_of
    ]
    book_moves(moves, warehouse_id=warehouse_id, cause=MovementCause.SHIPMENT, now=now)


def book_arrived(arrived: Sequence[Arrived], *, account_id: int, warehouse_id: int, now: datetime) -> None:
    """Add to the levels what has arrived at the warehouse."""
    if not arrived:
        return
    ours = Variant.objects.filter(account_id=account_id, sku__in={one.sku for one in arrived})
    variant_of = dict(ours.values_list("sku", "id"))
    moves = [
        Move(
            variant_id=variant_of[one.sku],
            on_hand=one.quantity,
            free=one.quantity if one.is_sellable else Decimal(0),
            at=one.at,
            subject_id=one.order_id,
            reference=one.reference,
        )
        for one in arrived
        if one.sku in variant_of
    ]
    book_moves(moves, warehouse_id=warehouse_id, cause=MovementCause.RECEIPT, now=now)


@dataclass(frozen=True)
class Counted:
    """What somebody counted of one variant, in its base unit."""

    variant_id: int
    on_hand: Decimal
    free: Decimal
    incoming: Decimal


def count_levels(counted: Sequence[Counted], *, warehouse_id: int, reference: str, now: datetime) -> None:
    """Make levels what a person says they are, each with a movement; the others stay. Needs a transaction."""
    if not counted:
        return
    lock_levels(warehouse_id)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.COUNT_LEVELS,
            {
                "warehouse": warehouse_id,
                "now": now,
                "cause": MovementCause.ACCEPTED,
                "opening": MovementCause.OPENING,
                "reference": reference[:200],
                "variants": [one.variant_id for one in counted],
                "on_hand": [one.on_hand for one in counted],
                "free": [one.free for one in counted],
                "incoming": [one.incoming for one in counted],
            },
        )


def accept_drifts(drift_ids: Sequence[int], *, by: str, now: datetime) -> list[int]:
    """Close differences, for what the warehouse reported is right. Returns the levels of those that were open."""
    found = Drift.objects.select_for_update().filter(id__in=drift_ids, resolved_at__isnull=True)
    levels = list(found.values_list("level_id", flat=True))
    found.update(resolved_at=now, resolved_by=by[:200])
    return levels


def set_buffer(level_id: int, quantity: Decimal | None) -> None:
    """Keep this much of a level back; None follows the account."""
    level = Level.objects.select_related("variant").get(id=level_id)
    own = {"warehouse_id": level.warehouse_id, "variant_id": level.variant_id}
    if quantity is None:
        Buffer.objects.filter(**own).delete()
    else:
        Buffer.objects.update_or_create(
            **own,
            defaults={"quantity": quantity},
            create_defaults={"quantity": quantity, "account_id": level.variant.account_id},
        )


def set_usual_buffer(account_id: int, quantity: Decimal) -> None:
    """Keep this much back of every level of an account that has no buffer of its own."""
    usual = Buffer.objects.filter(account_id=account_id, variant_id__isnull=True)
    if not quantity:
        usual.delete()
    elif not usual.update(quantity=quantity):
        Buffer.objects.create(account_id=account_id, quantity=quantity)


def note_held(*, account_id: int, warehouse_id: int, run_id: int | None) -> None:
    """Remember the run whose report is held, or that none is."""
    if run_id is None:
        LastReport.objects.filter(account_id=account_id, warehouse_id=warehouse_id, held_run_id__isnull=False).update(
            held_run_id=None
        )
        return
    LastReport.objects.update_or_create(
        account_id=account_id, warehouse_id=warehouse_id, defaults={"held_run_id": run_id}
    )


def lock_levels(warehouse_id: int) -> None:
    """Let one transaction at a time change this warehouse's levels. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory.levels'), %s)", [warehouse_id])


def lock_warehouse_stock(warehouse_id: int) -> None:
    """Let one transaction at a time promise this warehouse's stock. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('inventory.promise'), %s)", [warehouse_id])


@dataclass(frozen=True)
class Promise:
    """Stock to promise to one shipment line."""

    shipment_line_id: int
    variant_id: int
    quantity: Decimal


def reserve(promises: Sequence[Promise], *, warehouse_id: int, now: datetime) -> None:
    """Promise stock to shipment lines."""
    Reservation.objects.bulk_create(
        [
            Reservation(
                shipment_line_id=promise.shipment_line_id,
                warehouse_id=warehouse_id,
                variant_id=promise.variant_id,
                quantity=promise.quantity,
                made_at=now,
            )
            for promise in promises
        ],
        batch_size=2000,
    )


def mark_known_there(shipment_ids: Sequence[int], *, now: datetime) -> None:
    """From now on the warehouse subtracts these shipments' stock itself."""
    if not shipment_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_reservation reservation SET known_there_at = %s FROM shipments_shipmentline line
            WHERE line.id = reservation.shipment_line_id AND line.shipment_id = ANY(%s)
              AND reservation.known_there_at IS NULL
            """,
            [now, list(shipment_ids)],
        )


def mark_unknown_there(shipment_ids: Sequence[int]) -> None:
    """The warehouse has dropped these shipments and given their stock back: we hold it for them again."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids).update(known_there_at=None)


def release(shipment_ids: Sequence[int], *, now: datetime) -> None:
    """Take back what was promised to these shipments."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids, released_at__isnull=True).update(
        released_at=now
    )


def promise_again(shipment_ids: Sequence[int]) -> None:
    """Hold stock again for shipments that had given it back and go after all."""
    Reservation.objects.filter(shipment_line__shipment_id__in=shipment_ids).update(released_at=None)
