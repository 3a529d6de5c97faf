"""How a channel's words are translated: carriers, SKUs, references, and the shape of their files. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dockline.domain.tables.rules import Shape
from dockline.kit.choices import Choice

LONGEST = 100
LONGEST_SKU = 200
WILDCARD = "*"


class MappingKind(Choice):
    """What is mapped."""

    CARRIERS = "carriers", "Carrier Mappings"
    SKUS = "skus", "SKU Mappings"
    REFERENCES = "references", "Reference Mappings"


SHAPES = {
    MappingKind.CARRIERS: Shape(
        ("carrier", "service", "channel_carrier", "channel_service", "primary"),
        ("channel_carrier", "channel_service"),
        (LONGEST, LONGEST, LONGEST, LONGEST, 3),
    ),
    MappingKind.SKUS: Shape(("sku", "channel_sku"), ("sku",), (LONGEST, LONGEST_SKU)),
    MappingKind.REFERENCES: Shape(("object", "code", "property"), ("object", "code"), (30, LONGEST, LONGEST)),
}

OBJECTS = {
    "sales_order": "Sales order",
    "sales_order_line": "Sales order line",
    "purchase_order": "Purchase order",
    "purchase_order_line": "Purchase order line",
}
"""Where a reference may stand, in the order of the page."""


# Carriers


@dataclass(frozen=True)
class CarrierRow:
    """One row: our codes and the channel's. A service may be empty on either side, and then stands for none."""

    carrier: str
    service: str
    channel_carrier: str
    channel_service: str
    is_primary: bool = False
    id: int = 0

    @property
    def is_wild(self) -> bool:
        """It stands for several of the channel's codes, so it cannot be sent."""
        return WILDCARD in self.channel_carrier or WILDCARD in self.channel_service


def matches(pattern: str, text: str) -> bool:
    """Say whether a pattern, in which `*` stands for any characters or none, is the whole text."""
    if WILDCARD not in pattern:
        return pattern == text
    first, *middle, last = pattern.split(WILDCARD)
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def read_carrier(rows: Iterable[CarrierRow], channel_carrier: str, channel_service: str) -> CarrierRow | None:
    """Find what the channel's codes mean here: exact before wildcard, and the longest wildcard first."""
    fitting = [
        row
        for row in rows
        if matches(row.channel_carrier, channel_carrier) and matches(row.channel_service, channel_service)
    ]
    return min(fitting, key=_vagueness, default=None)


def say_carrier(rows: Iterable[CarrierRow], carrier: str, service: str) -> CarrierRow | None:
    """Find how to say our codes to the channel: the primary row, or the only one that can be sent.

    An order may name a service and leave the carrier to us: that is right when only one carrier can be meant. What it
    names alone may also be a carrier without a service.
    """
    fitting = [row for row in rows if not row.is_wild and _is_asked(row, carrier, service)]
    if len({(row.carrier, row.service) for row in fitting}) > 1:
        return None
    primary = [row for row in fitting if row.is_primary]
    if primary:
        return primary[0]
    return fitting[0] if len(fitting) == 1 else None


def _is_asked(row: CarrierRow, carrier: str, service: str) -> bool:
    if carrier:
        return (row.carrier, row.service) == (carrier, service)
    return row.service == service or (row.carrier, row.service) == (service, "")


def _vagueness(row: CarrierRow) -> tuple[object, ...]:
    return (
        WILDCARD in row.channel_carrier,
        WILDCARD in row.channel_service,
        -len(row.channel_carrier.replace(WILDCARD, "")),
        -len(row.channel_service.replace(WILDCARD, "")),
        row.channel_carrier,
        row.channel_service,
    )


# SKUs

_BLANKS = " \t\n\r\u00a0"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALIKE = str.maketrans(dict.fromkeys(_BLANKS, "") | {letter: letter.lower() for letter in _UPPER})


def blur_sku(sku: str) -> str:
    """Reduce a SKU to what two spellings of one have in common: without case, blanks and leading zeros.

    For suggestions only; what is stored and sent is exact.
    """
    return sku.translate(_ALIKE).lstrip("0")


# References


@dataclass(frozen=True)
class Place:
    """A property of the channel's: its name, or one that ends in `*` for any name of letters, digits, underscores."""

    name: str
    label: str
    longest: int
    reserved: tuple[str, ...] = ()
    is_taken: bool = False

    def takes(self, name: str) -> bool:
        """Say whether this name is meant."""
        if not self.name.endswith(WILDCARD):
            return name == self.name
        stem = self.name[:-1]
        rest = name[len(stem) :]
        return name.startswith(stem) and _is_word(rest) and rest not in self.reserved


@dataclass(frozen=True)
class Level:
    """What references of one object may go to. `custom` is the open property for those without a mapping."""

    places: tuple[Place, ...]
    custom: str = ""

    def find(self, name: str) -> Place | None:
        """Return the place of this property; one that is named outright comes before an open one."""
        for place in self.places:
            if place.name == name:
                return place
        return next((place for place in self.places if place.takes(name)), None)


@dataclass(frozen=True)
class Sorted:
    """References by property, and the sentences about those that cannot be sent so."""

    said: Mapping[str, str]
    troubles: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def sort_references(references: Mapping[str, str], mapped: Mapping[str, str], level: Level | None) -> Sorted:
    """Send mapped references to their properties and the rest to custom fields, where the channel has them.

    A value that does not fit is trouble and never cut. What has nowhere to go is left out and named.
    """
    said: dict[str, str] = {}
    troubles, left_out = [], []
    for code, value in references.items():
        if not value:
            continue
        name = mapped.get(code) or _custom_name(code, level)
        place = level.find(name) if level is not None and name else None
        if place is None or place.is_taken or name in said:
            left_out.append(code)
        elif len(value) > place.longest:
            troubles.append(f"{code} is {len(value):,} characters long; {place.label} takes {place.longest:,}")
        else:
            said[name] = value
    return Sorted(said, tuple(troubles), tuple(left_out))


def _custom_name(code: str, level: Level | None) -> str:
    return level.custom[:-1] + code if level is not None and level.custom and _is_word(code) else ""


def _is_word(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isascii() and text.replace("_", "a").isalnum()
