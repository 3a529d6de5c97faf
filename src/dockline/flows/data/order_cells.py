"""How each field of an order is read from a cell, whatever file it stands in; and an address, wherever there is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from dockline.domain.orders.rules import ADDRESS, OrderStatus
from dockline.flows.data import cells

LONGEST_REFERENCES = 20_000
COUNTRY = "a two-letter country code such as AU"


@dataclass(frozen=True)
class Writing:
    """How a file writes moments, days and numbers; `iso` stands for ISO 8601."""

    moments: tuple[str, ...] = ("iso",)
    days: tuple[str, ...] = ("iso",)
    zone: tzinfo = UTC
    decimal_mark: str = "."


@dataclass(frozen=True)
class NoGoods:
    """SKUs that are no goods: postage, discounts."""

    skus: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()


OURS = Writing()
Readers = dict[str, Callable[[str], str]]


def make_readers(
    writing: Writing = OURS, *, any_country: bool = False, no_goods: NoGoods = NoGoods(), negative_blocks: bool = True
) -> Readers:
    """Return what reads a cell of each field, or raises Refused."""
    mark, zone = writing.decimal_mark, writing.zone
    return make_address_readers(any_country=any_country) | {
        "customer_name": cells.read_text("customer_name", longest=200),
        "customer": cells.read_text("customer", longest=200),
        "customer_reference": cells.read_text("customer_reference", longest=100),
        "service": cells.read_text("service", longest=100),
        "carrier": cells.read_text("carrier", longest=100),
        "order_number": cells.read_text("order_number", longest=100, needed=True),
        "placed_at": cells.read_instant("placed_at", writing.moments, zone),
        "currency": cells.read_pattern("currency", "[A-Z]{3}", "a currency code such as AUD"),
        "requested_warehouse": cells.read_text("requested_warehouse", longest=60),
        "cancel_after": cells.read_moment("cancel_after", writing.moments, zone),
        "status": cells.read_pattern("status", "|".join(OrderStatus), f"one of {', '.join(OrderStatus)}"),
        "ship_on": cells.read_day("ship_on", writing.days),
        "deliver_by": cells.read_day("deliver_by", writing.days),
        "instructions": cells.read_text("instructions", longest=5_000, many_lines=True),
        "sku": cells.read_sku("sku", skus=no_goods.skus, prefixes=no_goods.prefixes),
        "description": cells.read_text("description", longest=500, many_lines=True),
        "quantity": cells.read_quantity("quantity", mark=mark, negative_blocks=negative_blocks),
        "unit": cells.read_text("unit", longest=20),
        "unit_price": cells.read_price("unit_price", mark=mark),
        "line_number": cells.read_line_number("line_number"),
        "references": cells.read_references("references"),
        "line_references": cells.read_references("line_references"),
    }


def make_address_readers(*, any_country: bool = False, needed: Sequence[str] = ()) -> Readers:
    """Return what reads a cell of each part of an address, or raises Refused."""
    longest = {name: 100 if name in ("state", "postcode", "phone", "email") else 200 for name in ADDRESS}
    readers = {name: cells.read_text(name, longest=most, needed=name in needed) for name, most in longest.items()}
    if not any_country:
        readers["country"] = cells.read_pattern("country", "[A-Z]{2}", COUNTRY, needed="country" in needed)
    return readers
