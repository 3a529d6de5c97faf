"""What is asked about lots and serial numbers: where they came from, where they went, and what is still there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels.models import Channel
from dockline.domain.inventory.models import LastReport, Level, ReportedPage, ReportedRow
from dockline.domain.mappings.models import SkuMapping
from dockline.domain.purchases.models import ReceiptLine
from dockline.domain.shipments.models import Package, ShipmentLot

ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class LotFilter:
    """Which lots and serial numbers are wanted: those that are `text` or, unless `exactly`, that begin with it."""

    account_id: AccountId | None
    text: str
    sku: str = ""
    exactly: bool = False


@dataclass(frozen=True)
class ShippedLot:
    """Some of a lot, or a serial number, that left for a recipient; in the base unit.

    `hides_personal` says that its channel leaves out of messages what nobody needs to deliver.
    """

    id: int
    account_name: str
    order_id: int
    order_number: str
    shipment_id: int
    reference: str
    shipped_at: datetime | None
    warehouse_name: str
    sku: str
    product_name: str
    lot: str
    serial: str
    expires_on: date | None
    quantity: Decimal
    unit: str
    customer_name: str
    ship_to: Mapping[str, Any]
    hides_personal: bool
    tracking: tuple[str, ...] = ()

    @property
    def recipient(self) -> str:
        """Whom people would ask for."""
        parts = (self.customer_name, self.ship_to.get("company"), self.ship_to.get("contact"))
        return next((str(part) for part in parts if part), "")

    @property
    def place(self) -> str:
        """Where that is, in a word or two."""
        place = self.ship_to.get("suburb") or self.ship_to.get("city") or ""
        return ", ".join(str(part) for part in (place, self.ship_to.get("country")) if part)


@dataclass(frozen=True)
class ReceivedLot:
    """Some of a lot, or a serial number, that arrived; not `has_arrived` when it was found missing."""

    id: int
    account_name: str
    purchase_id: int
    purchase_number: str
    reference: str
    received_at: datetime | None
    warehouse_name: str
    sku: str
    lot: str
    serial: str
    expires_on: date | None
    quantity: Decimal
    condition: str
    has_arrived: bool


@dataclass(frozen=True)
class StoredLot:
    """What the newest stock report of a warehouse says of a lot, in the unit it was told in."""

    id: int
    account_name: str
    warehouse_name: str
    sku: str
    lot: str
    expires_on: date | None
    status: str
    is_sellable: bool
    on_hand: Decimal
    free: Decimal
    unit: str
    as_of: datetime | None


def count_shipped(wanted: LotFilter) -> int:
    """Count what left of these lots."""
    return _shipped(wanted).count()


def list_shipped(wanted: LotFilter, *, offset: int = 0, limit: int = 50) -> tuple[ShippedLot, ...]:
    """List what left of these lots: exactly those first, then the newest first."""
    found = _exact_first(_shipped(wanted), wanted, "lot", "serial").order_by(
        "is_other", F("line__shipment__shipped_at").desc(nulls_last=True), "-id"
    )
    return _with_tracking(_shipped_rows(found[offset : offset + limit]))


def iterate_shipped(wanted: LotFilter) -> Iterator[ShippedLot]:
    """Give all that left of these lots, oldest first, in memory that does not grow."""
    after = 0
    while found := _shipped_rows(_shipped(wanted).filter(id__gt=after).order_by("id")[:ROWS_AT_A_TIME]):
        yield from _with_tracking(found)
        after = found[-1].id


def count_received(wanted: LotFilter) -> int:
    """Count what arrived of these lots."""
    return _received(wanted).count()


def list_received(wanted: LotFilter, *, offset: int = 0, limit: int = 50) -> tuple[ReceivedLot, ...]:
    """List what arrived of these lots: exactly those first, then the newest first."""
    found = _exact_first(_received(wanted), wanted, "lot", "serial").order_by(
        "is_other", F("receipt__received_at").desc(nulls_last=True), "-id"
    )
    columns = (
        "id",
        "receipt__order__account__name",
        "receipt__order_id",
        "receipt__order__number",
        "receipt__reference",
        "receipt__received_at",
        "receipt__order__warehouse__name",
        "sku",
        "lot",
        "serial",
        "expires_on",
        "quantity",
        "condition",
        "has_arrived",
    )
    return tuple(ReceivedLot(*row) for row in found.values_list(*columns)[offset : offset + limit])


def count_stored(wanted: LotFilter) -> int:
    """Count the rows of the newest stock reports that are about these lots."""
    return _stored(wanted).count()


def list_stored(wanted: LotFilter, *, offset: int = 0, limit: int = 50) -> tuple[StoredLot, ...]:
    """List what is still there of these lots: exactly those first, then by SKU."""
    found = _exact_first(_stored(wanted), wanted, "lot")
    return _stored_rows(found, "is_other", "sku", "expires_on", "id", offset=offset, limit=limit)


def _stored_rows(found: QuerySet[ReportedRow], *order: str, offset: int = 0, limit: int) -> tuple[StoredLot, ...]:
    last = LastReport.objects.filter(
        account_id=OuterRef("channel__account_id"), warehouse_id=OuterRef("channel__warehouse_id")
    )
    columns = (
        "id",
        "channel__account__name",
        "channel__warehouse__name",
        "sku",
        "lot",
        "expires_on",
        "status",
        "is_sellable",
        "on_hand",
        "free",
        "unit",
        "as_of",
    )
    rows = found.annotate(as_of=Subquery(last.values("as_of")[:1])).order_by(*order).values_list(*columns)
    return tuple(StoredLot(*row) for row in rows[offset : offset + limit])


def list_told(level_id: int, *, offset: int = 0, limit: int = 200) -> tuple[StoredLot, ...]:
    """List of which rows of the newest stock report a level is the sum: by lot, expiry date, status and unit.

    What shipped or arrived since has moved the level and no row.
    """
    level = Level.objects.select_related("variant").get(id=level_id)
    here = Channel.objects.filter(account_id=level.variant.account_id, warehouse_id=level.warehouse_id)
    mapped = SkuMapping.objects.filter(channel__in=here, variant_id=level.variant_id)
    names = dict(mapped.values_list("channel_id", "channel_sku"))
    told = Q(pk__in=())
    for channel_id in here.values_list("id", flat=True):
        told |= Q(channel_id=channel_id, sku=names.get(channel_id, level.variant.sku))
    return _stored_rows(_told().filter(told), "lot", "expires_on", "status", "id", offset=offset, limit=limit)


def _told() -> QuerySet[ReportedRow]:
    """The rows that count: others are of reports that are still being read."""
    page = ReportedPage.objects.filter(
        channel_id=OuterRef("channel_id"), page=OuterRef("page"), edition=OuterRef("edition")
    )
    return ReportedRow.objects.filter(Exists(page))


SENT_SKU = Coalesce("line__alternate__sku", "line__order_line__sku")


def _shipped(wanted: LotFilter) -> QuerySet[ShipmentLot]:
    found = ShipmentLot.objects.filter(_is_wanted(wanted, "lot", "serial"))
    if wanted.account_id is not None:
        found = found.filter(line__order_line__order__account_id=wanted.account_id)
    return found.alias(sent_sku=SENT_SKU).filter(sent_sku=wanted.sku) if wanted.sku else found


def _received(wanted: LotFilter) -> QuerySet[ReceiptLine]:
    found = ReceiptLine.objects.filter(_is_wanted(wanted, "lot", "serial"))
    if wanted.account_id is not None:
        found = found.filter(receipt__order__account_id=wanted.account_id)
    return found.filter(sku=wanted.sku) if wanted.sku else found


def _stored(wanted: LotFilter) -> QuerySet[ReportedRow]:
    found = _told().filter(_is_wanted(wanted, "lot"))
    if wanted.account_id is not None:
        found = found.filter(channel__account_id=wanted.account_id)
    return found.filter(sku=wanted.sku) if wanted.sku else found


def _is_wanted(wanted: LotFilter, *columns: str) -> Q:
    """No text finds nothing. That a name is there is said for the indexes, which leave out what has none."""
    condition = Q(pk__in=())
    if wanted.text:
        for column in columns:
            named = {column if wanted.exactly else f"{column}__startswith": wanted.text}
            condition |= Q(**named) & ~Q(**{column: ""})
    return condition


def _exact_first(found: QuerySet[Any], wanted: LotFilter, *columns: str) -> QuerySet[Any]:
    exact = Q()
    for column in columns:
        exact |= Q(**{column: wanted.text})
    ranked: QuerySet[Any] = found.annotate(is_other=Case(When(exact, then=Value(0)), default=Value(1)))
    return ranked


def _shipped_rows(found: QuerySet[ShipmentLot]) -> tuple[ShippedLot, ...]:
    columns = (
        "id",
        "line__order_line__order__account__name",
        "line__order_line__order_id",
        "line__order_line__order__number",
        "line__shipment_id",
        "line__shipment__reference",
        "line__shipment__shipped_at",
        "line__shipment__channel__warehouse__name",
        SENT_SKU,
        Coalesce("line__alternate__name", "line__order_line__variant__name"),
        "lot",
        "serial",
        "expires_on",
        "quantity",
        "line__order_line__variant__base_unit",
        "line__order_line__order__customer_name",
        "line__order_line__order__ship_to",
        "line__shipment__channel__suppress_personal",
    )
    return tuple(ShippedLot(*row) for row in found.values_list(*columns))


def _with_tracking(rows: Sequence[ShippedLot]) -> tuple[ShippedLot, ...]:
    numbers: dict[int, list[str]] = {}
    packages = Package.objects.filter(shipment_id__in={row.shipment_id for row in rows}).exclude(tracking_number="")
    for shipment_id, number in packages.order_by("id").values_list("shipment_id", "tracking_number"):
        numbers.setdefault(shipment_id, []).append(number)
    return tuple(replace(row, tracking=tuple(numbers.get(row.shipment_id, ()))) for row in rows)
