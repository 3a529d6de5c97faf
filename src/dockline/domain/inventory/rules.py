"""What a movement is caused by, which report is believed, and what a difference probably is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from dockline.kit.choices import Choice

SMALLEST_CATALOGUE = 10
"""Below so many SKUs with stock nothing is held: that half of them sell out is an ordinary day."""

LARGEST_FALL = Decimal("0.5")
"""A report that takes away this share of the SKUs with stock, or of all units, is held for a person."""

MOST, DECIMALS = 10**14, 6
"""What a quantity of stock may be; one that does not fit is kept in words, never rounded."""

PIECES = frozenset({"EA", "EACH", "PC", "PCE", "PCS", "PIECE", "PIECES", "UNIT", "UNITS", "U"})
"""Units that are counted: a fraction of one is a mistake. Others, such as KG or M, may be fractions."""


class MovementCause(Choice):
    """Why a level changed."""

    OPENING = "opening", "First report"
    REPORT = "report", "Stock report"
    ACCEPTED = "accepted", "Report accepted by a person"
    SHIPMENT = "shipment", "Shipment"
    RECEIPT = "receipt", "Receipt"


class DriftCause(Choice):
    """What a difference between our ledger and a report probably is."""

    MISSED_SHIPMENT = "missed_shipment", "Shipment not received yet"
    MISSED_RECEIPT = "missed_receipt", "Receipt not received yet"
    DUPLICATE = "duplicate", "Counted twice, or not at all"
    UNIT = "unit", "Another unit there"
    ADJUSTED_THERE = "adjusted_there", "Adjustment, or an order that is not ours"
    UNKNOWN = "unknown", "Unknown"


class Repair(Choice):
    """What a person can do about a difference."""

    RECEIVE_SHIPMENTS = "receive_shipments", "Receive shipments"
    RECEIVE_RECEIPTS = "receive_receipts", "Receive receipts"
    ACCEPT = "accept", "Accept as reported"


def choose_repair(cause: DriftCause) -> Repair:
    """The one repair of a difference: to hear what the warehouse has not told yet, or to take its word."""
    if cause == DriftCause.MISSED_SHIPMENT:
        return Repair.RECEIVE_SHIPMENTS
    if cause == DriftCause.MISSED_RECEIPT:
        return Repair.RECEIVE_RECEIPTS
    return Repair.ACCEPT


@dataclass(frozen=True)
class DriftFacts:
    """What is known about a difference: quantities of one variant at one warehouse, in base units.

    `under_way` is what the warehouse has been asked to ship and has not told us it shipped, `on_order` what is to
    arrive, `booked` what shipments and receipts moved since the report before, `free_change` how the stock that is
    free there changed with this report, `unit_sizes` the sizes of the variant's other units.
    """

    size: Decimal
    reported: Decimal
    free_change: Decimal
    under_way: Decimal = Decimal(0)
    on_order: Decimal = Decimal(0)
    booked: Decimal = Decimal(0)
    unit_sizes: Sequence[Decimal] = ()


def name_drift(facts: DriftFacts) -> DriftCause:
    """Name the probable cause of a difference, the most ordinary first."""
    expected = facts.reported - facts.size
    if 0 < -facts.size <= facts.under_way:
        return DriftCause.MISSED_SHIPMENT
    if 0 < facts.size <= facts.on_order:
        return DriftCause.MISSED_RECEIPT
    if facts.booked and abs(facts.size) == abs(facts.booked):
        return DriftCause.DUPLICATE
    if (
        expected > 0
        and facts.reported > 0
        and any(
            facts.reported == expected * size or facts.reported * size == expected
            for size in facts.unit_sizes
            if size != 1
        )
    ):
        return DriftCause.UNIT
    if facts.size == facts.free_change:
        return DriftCause.ADJUSTED_THERE
    return DriftCause.UNKNOWN


@dataclass(frozen=True)
class Weight:
    """How much stock a catalogue has: SKUs of which there is any, and units in all."""

    skus: int
    units: Decimal


def doubt_report(before: Weight, after: Weight) -> str:
    """Say why a complete report is not believed at once, or nothing."""
    if before.skus < SMALLEST_CATALOGUE:
        return ""
    if after.skus <= before.skus * (1 - LARGEST_FALL):
        return f"It would leave {after.skus} SKUs with stock of {before.skus}."
    if after.units <= before.units * (1 - LARGEST_FALL):
        return f"It would leave {after.units.normalize():f} units of {before.units.normalize():f}."
    return ""


@lru_cache(maxsize=10_000)
def can_be_kept(quantity: Decimal) -> bool:
    """Whether a quantity of a report can be kept as a number. Few of the many are different ones, so it is remembered.

    Whether what can be kept may be offered, is said when its unit is known.
    """
    return quantity.is_finite() and abs(quantity) < MOST and quantity == round(quantity, DECIMALS)


def say_misfit(sku: str, unit: str, quantities: Sequence[Decimal]) -> str:
    """Say why quantities of a report cannot even be kept as numbers."""
    misfit = next(quantity for quantity in quantities if not can_be_kept(quantity))
    return f"{misfit} {unit} of {sku} has more than 14 digits or {DECIMALS} decimals."


def fault_of(sku: str, unit: str, quantities: Sequence[Decimal]) -> str:
    """Say why quantities that people counted cannot be taken as stock, or nothing."""
    if not all(map(can_be_kept, quantities)):
        return say_misfit(sku, unit, quantities)
    parts = (quantity for quantity in quantities if unit.upper() in PIECES and quantity != quantity.to_integral_value())
    return next((f"{part.normalize():f} {unit} of {sku} is no whole number of pieces." for part in parts), "")


def size_in_base(unit: str, base_unit: str, sizes: Mapping[str, Decimal]) -> Decimal | None:
    """How many of our base units are in a unit of the far side, by its own table; None when it does not say.

    Where our base unit is not known there, theirs goes for it.
    """
    size = sizes.get(unit)
    return None if size is None else size / sizes.get(base_unit, Decimal(1))
