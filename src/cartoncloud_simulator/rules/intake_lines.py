"""One requested line of an outbound order: what it names, how much, and what is wrong with it."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Product, RequestedLine
from cartoncloud_simulator.world.quantities import ONE, ZERO, plain_text, read_number, read_numeric_text
from cartoncloud_simulator.world.world import World

LINE_FIELD_PREFIX = "sop_custom_field_"


class LineProblem(Enum):
    """Why a line cannot be filled; DROPPED where the customer's settings let it go silently."""

    DROPPED = ""
    PRODUCT_MISSING = "Product code missing"
    PRODUCT_UNKNOWN = "Product not found"
    PRODUCT_INACTIVE = "Product is deactivated"
    UNIT_INVALID = "Invalid unit of measure"
    QUANTITY_UNREADABLE = "Quantity is not a number"
    QUANTITY_NEGATIVE = "Quantity is negative"
    QUANTITY_ZERO = "Quantity is zero"


@dataclass(slots=True)
class RequestedItem:
    """A line after look-up."""

    requested: RequestedLine
    name: str
    product: Product | None = None
    unit: str = ""
    unit_size: Decimal = ONE
    quantity: Decimal = ZERO
    kept_properties: dict[str, Any] = field(default_factory=dict)
    price: dict[str, Any] | None = None
    problem: LineProblem | None = None

    def describe(self, reason: str) -> str:
        """The documented pattern: name, code in brackets, quantity and unit, dash, reason."""
        code = self.requested.code or ""
        unit = f" {self.requested.unit}" if self.requested.unit else ""
        return f"{self.name} ({code}) x {self.requested.quantity}{unit} - {reason}".strip()

    def describe_problem(self) -> str:
        assert self.problem
        return self.describe(self.problem.value)


def read_line(world: World, sent: dict[str, Any], *, customer_id: str, policy: CustomerSettings) -> RequestedItem:
    """Look the product and unit up and read the quantity; the first problem found wins."""
    details = _mapping(sent.get("details"))
    reference = _mapping(details.get("product"))
    properties = _mapping(sent.get("properties"))
    product = world.catalogue.find(customer_id, reference, ignore_case=world.settings.product_code_ignores_case)
    asked_unit = _mapping(details.get("unitOfMeasure")).get("type")
    raw_quantity = _mapping(sent.get("measures")).get("quantity")
    quantity = _read_quantity(world, raw_quantity)

    line = RequestedItem(
        requested=RequestedLine(
            code=product.code if product else _named_code(reference),
            quantity=plain_text(quantity) if quantity is not None else _shown(raw_quantity),
            unit=str(asked_unit) if asked_unit else (product.default_unit if product else None),
            line_ref=_text_or_none(properties.get(world.settings.line_reference_field)),
            product_id=product.id if product else None,
        ),
        name=product.name if product else str(reference.get("name") or ""),
        product=product,
        price=_mapping(details.get("approximateUnitPrice")) or None,
    )
    line.problem = _judge(line, reference, raw_quantity, quantity, policy)
    if product is None or quantity is None:
        return line
    if line.requested.unit in product.units:
        line.unit = line.requested.unit
    elif policy.invalid_unit_policy == "default":
        line.unit = product.default_unit
    else:
        return line
    line.unit_size = product.base_quantity(line.unit)
    line.quantity = quantity
    line.requested.base_quantity = quantity * line.unit_size
    _sort_properties(world, line, properties)
    return line


def _judge(
    line: RequestedItem, reference: dict[str, Any], raw: Any, quantity: Decimal | None, policy: CustomerSettings
) -> LineProblem | None:
    product = line.product
    if product is None:
        if not _names_something(reference):
            return _or_drop(LineProblem.PRODUCT_MISSING, policy.blank_product_policy)
        return _or_drop(LineProblem.PRODUCT_UNKNOWN, policy.unknown_product_policy)
    if not product.active:
        return _or_drop(LineProblem.PRODUCT_INACTIVE, policy.inactive_product_policy)
    if line.requested.unit not in product.units and policy.invalid_unit_policy != "default":
        return _or_drop(LineProblem.UNIT_INVALID, policy.invalid_unit_policy)
    if quantity is None:
        return _or_drop(LineProblem.QUANTITY_UNREADABLE, policy.bad_quantity_policy)
    if quantity < 0:
        return _or_drop(LineProblem.QUANTITY_NEGATIVE, policy.bad_quantity_policy)
    if quantity == 0:
        return _or_drop(LineProblem.QUANTITY_ZERO, policy.bad_quantity_policy)
    return None


def _or_drop(problem: LineProblem, policy: str) -> LineProblem:
    return LineProblem.DROPPED if policy == "drop" else problem


def _sort_properties(world: World, line: RequestedItem, properties: dict[str, Any]) -> None:
    for name, value in properties.items():
        if name.startswith(LINE_FIELD_PREFIX):
            if world.settings.line_fields_enabled and value not in (None, ""):
                line.kept_properties[name] = value
        elif name in world.settings.stock_fields:
            if value not in (None, ""):
                line.requested.constraints[name] = value
        elif value not in (None, ""):
            line.kept_properties[name] = value


def _read_quantity(world: World, value: Any) -> Decimal | None:
    if isinstance(value, str) and world.settings.numeric_strings_accepted:
        return read_numeric_text(value)
    return read_number(value)


def _names_something(reference: dict[str, Any]) -> bool:
    references = _mapping(reference.get("references"))
    return bool(reference.get("id") or references.get("code") or references.get("barcode") or reference.get("name"))


def _named_code(reference: dict[str, Any]) -> str | None:
    references = _mapping(reference.get("references"))
    named = references.get("code") or references.get("barcode") or reference.get("id") or reference.get("name")
    return str(named) if named else None


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _text_or_none(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
