"""What may be changed of an order, what a change comes to, and which shipments it has to take back first. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal, localcontext

from dockline.domain.dispatches.rules import format_quantity
from dockline.kit.errors import Invalid

MOST_LINES = 1000
MOST, DECIMALS = Decimal(10) ** 14, 6
EXACT_DIGITS = 80
"""Enough for the product of any quantity and any size of a unit."""

ADDRESS = {
    "company": 200,
    "contact": 200,
    "line_1": 200,
    "line_2": 200,
    "suburb": 200,
    "city": 200,
    "state": 100,
    "postcode": 100,
    "country": 2,
    "phone": 100,
    "email": 100,
}
"""The parts of an address in their order, and how long each may be."""

LONGEST = {"customer_name": 200, "customer_reference": 100, "carrier": 100, "service": 100, "instructions": 5000}


@dataclass(frozen=True)
class OrderHeader:
    """What can be changed of an order besides its lines. `ship_to` and `customer_name` are personal data.

    `requested_warehouse_id` is the one warehouse that shall ship it; none leaves that to the account.
    """

    customer_name: str
    customer_reference: str
    ship_to: Mapping[str, str]
    carrier: str
    service: str
    ship_on: date | None
    deliver_by: date | None
    instructions: str
    cancel_after: datetime | None
    requested_warehouse_id: int | None


LABELS = {
    "customer_name": "Customer",
    "customer_reference": "Customer's reference",
    "ship_to": "Ship to",
    "carrier": "Carrier",
    "service": "Service",
    "ship_on": "Ship on",
    "deliver_by": "Deliver by",
    "instructions": "Instructions",
    "cancel_after": "Cancel after",
    "requested_warehouse_id": "Requested warehouse",
}
KEPT_HERE = ("customer_reference", "cancel_after", "requested_warehouse_id")
"""What no warehouse is told."""


@dataclass(frozen=True)
class WantedLine:
    """What is wanted of one line, in `unit`; 0 takes it away. A new line has no `number`; its unit may be empty."""

    number: int | None
    sku: str
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True)
class OrderContent:
    """An order as somebody wants it: its header, and all its lines."""

    header: OrderHeader
    lines: tuple[WantedLine, ...]


@dataclass(frozen=True)
class CountedIn:
    """How a product is counted: its variant, its base unit, and how many of it are in each further unit."""

    variant_id: int
    base_unit: str
    sizes: Mapping[str, Decimal]


@dataclass(frozen=True)
class BundlePart:
    """A line that is part of a bundle's line: `per_bundle` base units of it make one."""

    number: int
    sku: str
    variant_id: int
    unit: str
    per_bundle: Decimal


@dataclass(frozen=True)
class JudgedLine:
    """A line that is changed or new, with what it comes to in the base unit."""

    number: int | None
    sku: str
    variant_id: int
    unit: str
    quantity: Decimal
    base_quantity: Decimal


@dataclass(frozen=True)
class Difference:
    """One thing that is changed, as people read it."""

    field: str
    label: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.label}: {self.before or 'empty'} → {self.after or 'empty'}"


def check_header(before: OrderHeader, header: OrderHeader) -> None:
    """Raise Invalid, which names the field, for what a header may not be changed to."""
    for name, longest in LONGEST.items():
        if getattr(header, name) != getattr(before, name):
            _check_text(getattr(header, name), longest, field=name, lines=name == "instructions")
    if header.ship_to == before.ship_to:
        return
    if not re.fullmatch("[A-Z]{2}", header.ship_to.get("country", "")):
        raise Invalid("Give the country in two letters, such as AU.", field="ship_to.country")
    for name, text in header.ship_to.items():
        _check_text(text, ADDRESS.get(name, 0), field=f"ship_to.{name}", lines=False)
    if not header.ship_to.get("line_1", "").strip():
        raise Invalid("Give the street or the box.", field="ship_to.line_1")
    if not (header.ship_to.get("suburb", "").strip() or header.ship_to.get("city", "").strip()):
        raise Invalid("Give the city or the suburb.", field="ship_to.city")


def check_warehouse(wanted_id: int | None, shipping: Mapping[int, str], *, before_id: int | None = None) -> None:
    """Raise Invalid unless a warehouse that an order asks for may ship, by these names, or was asked for before."""
    if wanted_id not in (None, before_id, *shipping):
        known = ", ".join(shipping.values()) or "none yet"
        raise Invalid(
            f"The account ships from no such warehouse. It ships from: {known}.", field="requested_warehouse_id"
        )


def judge_lines(
    before: Sequence[WantedLine], after: Sequence[WantedLine], counted_in: Mapping[str, CountedIn]
) -> list[JudgedLine]:
    """Return the lines that are changed or new. Raises Invalid, which names the line by its place."""
    known = {line.number: line for line in before}
    if len(after) > MOST_LINES:
        raise Invalid(f"An order has at most {MOST_LINES} lines.", field="lines")
    numbers = [line.number for line in after if line.number is not None]
    if len(numbers) != len(set(numbers)):
        raise Invalid("A line is there twice.", field="lines")
    judged = []
    for place, line in enumerate(after):
        at = f"lines.{place}"
        was = known.get(line.number) if line.number is not None else None
        if line.number is not None and was is None:
            raise Invalid(f"The order has no line {line.number}.", field=f"{at}.number")
        if was is not None and line.sku != was.sku:
            raise Invalid(f"Line {line.number} is of {was.sku}; take it away and add another.", field=f"{at}.sku")
        if was is None or (line.quantity, line.unit or was.unit) != (was.quantity, was.unit):
            judged.append(_judge(line, was, counted_in.get(line.sku), at))
    if all(line.quantity == 0 for line in after):
        raise Invalid("Nothing would be left of it: cancel the order instead.", field="lines")
    return judged


def _judge(line: WantedLine, was: WantedLine | None, counted: CountedIn | None, at: str) -> JudgedLine:
    if counted is None:
        raise Invalid(f"The account has no product {line.sku!r}.", field=f"{at}.sku")
    unit = line.unit or (was.unit if was else counted.base_unit)
    size = Decimal(1) if unit == counted.base_unit else counted.sizes.get(unit)
    if size is None:
        known = ", ".join(sorted({counted.base_unit, *counted.sizes}))
        raise Invalid(f"{line.sku} has no unit {unit!r}; it has: {known}.", field=f"{at}.unit")
    if not line.quantity.is_finite() or line.quantity < 0 or (was is None and line.quantity == 0):
        raise Invalid(f"{line.sku}: give a quantity above 0.", field=f"{at}.quantity")
    with localcontext(prec=EXACT_DIGITS):
        base = line.quantity * size
        if any(one >= MOST or one != round(one, DECIMALS) for one in (line.quantity, base)):
            raise Invalid(
                f"{line.sku}: a quantity has at most 14 digits and {DECIMALS} decimals.", field=f"{at}.quantity"
            )
    return JudgedLine(line.number, line.sku, counted.variant_id, unit, line.quantity, base)


def judge_parts(lines: Sequence[JudgedLine], parts: Mapping[int, Sequence[BundlePart]]) -> list[JudgedLine]:
    """Return what the changed lines of bundles come to in their `parts`, by the line's number. Raises Invalid."""
    judged = []
    for line in lines:
        for part in parts.get(line.number or 0, ()):
            with localcontext(prec=EXACT_DIGITS):
                base = line.base_quantity * part.per_bundle
                if base >= MOST or base != round(base, DECIMALS):
                    raise Invalid(f"{line.sku}: that comes to no exact quantity of {part.sku}.", field="lines")
            judged.append(JudgedLine(part.number, part.sku, part.variant_id, part.unit, base, base))
    return judged


def compare(
    before: OrderContent, after: OrderContent, lines: Sequence[JudgedLine], warehouses: Mapping[int, str]
) -> list[Difference]:
    """Say what a change comes to, with the names of these `warehouses`.

    Of personal data only that it changes: what is remembered of it is never edited.
    """
    found = []
    for name in (field.name for field in fields(OrderHeader)):
        was, now = getattr(before.header, name), getattr(after.header, name)
        if name == "ship_to":
            parts = [part for part in {**ADDRESS, **was, **now} if was.get(part, "") != now.get(part, "")]
            if parts:
                found.append(Difference(name, LABELS[name], "as it was", f"another {', '.join(parts)}"))
        elif name == "requested_warehouse_id" and was != now:
            found.append(Difference(name, LABELS[name], *(warehouses.get(one or 0, "") for one in (was, now))))
        elif was != now:
            words = ("as it was", "another") if name == "customer_name" else (_words(was), _words(now))
            found.append(Difference(name, LABELS[name], *words))
    known = {line.number: line for line in before.lines}
    for line in lines:
        was_line = known.get(line.number) if line.number is not None else None
        was_words = f"{format_quantity(was_line.quantity)} {was_line.unit}" if was_line else "not ordered"
        now_words = f"{format_quantity(line.quantity)} {line.unit}" if line.quantity else "taken away"
        found.append(Difference("lines", line.sku, was_words, now_words))
    return found


def is_told_to_warehouses(differences: Sequence[Difference]) -> bool:
    """Whether a change is of what the message of every shipment says."""
    return any(one.field not in (*KEPT_HERE, "lines") for one in differences)


def list_in_the_way(
    carried: Sequence[tuple[int, Mapping[int, Decimal]]], remaining: Mapping[int, Decimal]
) -> list[int]:
    """Name the shipments that carry more of a line than will remain of it.

    `carried` is what each carries by line, those that are to be kept rather than others first. Lines that are not in
    `remaining` stay as they are.
    """
    left = dict(remaining)
    found = []
    for shipment_id, quantities in carried:
        mine = {line_id: quantity for line_id, quantity in quantities.items() if line_id in left}
        if any(quantity > left[line_id] for line_id, quantity in mine.items()):
            found.append(shipment_id)
            continue
        for line_id, quantity in mine.items():
            left[line_id] -= quantity
    return found


def _check_text(text: str, longest: int, *, field: str, lines: bool) -> None:
    if not longest:
        raise Invalid("An address has no such part.", field=field)
    if len(text) > longest:
        raise Invalid(f"This has at most {longest} characters.", field=field)
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and not (lines and character in "\n\r\t"):
            raise Invalid(f"Take out the character U+{ord(character):04X}.", field=field)


def _words(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else " ".join(str(value).split())
