"""One requested line of an order: what it names, how much, and what is wrong with it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, Self

from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Product, RequestedLine
from cartoncloud_simulator.world.quantities import ONE, ZERO, plain_text, read_number
from cartoncloud_simulator.world.world import World

LINE_FIELD_PREFIX = "sop_custom_field_"


class LineProblem(Enum):
    """Why a line cannot be taken."""

    PRODUCT_MISSING = "Product code missing"
    PRODUCT_UNKNOWN = "Product not found"
    PRODUCT_INACTIVE = "Product is deactivated"
    UNIT_INVALID = "Invalid unit of measure"
    QUANTITY_UNREADABLE = "Quantity is not a number"
    QUANTITY_NEGATIVE = "Quantity is negative"
    QUANTITY_ZERO = "Quantity is zero"
    QUANTITY_BROKEN = "Quantity is not whole"
    CONVERSION = "Conversion failed"
    SINGLE_UNIT = "A serial number is for one unit"
    PROPERTY_MISSING = "A required property is missing"


class LineRules(NamedTuple):
    """What becomes of a line with a problem, in one direction."""

    policy: CustomerSettings
    unknown_product: str
    invalid_unit: str

    @classmethod
    def outbound(cls, policy: CustomerSettings) -> Self:
        return cls(policy, policy.unknown_product_policy, policy.invalid_unit_policy)

    @classmethod
    def inbound(cls, policy: CustomerSettings) -> Self:
        return cls(policy, policy.inbound_unknown_product_policy, policy.inbound_invalid_unit_policy)

    def drop(self, problem: LineProblem) -> bool:
        quantity = self.policy.bad_quantity_policy
        policies = {
            LineProblem.PRODUCT_MISSING: self.policy.blank_product_policy,
            LineProblem.PRODUCT_UNKNOWN: self.unknown_product,
            LineProblem.PRODUCT_INACTIVE: self.policy.inactive_product_policy,
            LineProblem.UNIT_INVALID: self.invalid_unit,
            LineProblem.QUANTITY_UNREADABLE: quantity,
            LineProblem.QUANTITY_NEGATIVE: quantity,
            LineProblem.QUANTITY_BROKEN: quantity,
            LineProblem.QUANTITY_ZERO: self.policy.zero_quantity_policy,
            LineProblem.CONVERSION: self.policy.conversion_policy,
        }
        return policies.get(problem) == "drop"


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
    is_dropped: bool = False
    replaced_unit: bool = False

    def describe(self, reason: str) -> str:
        """The documented pattern: name, code in brackets, quantity and unit, dash, reason."""
        requested = self.requested
        amount = " ".join(part for part in (requested.quantity, requested.unit) if part)
        return f"{self.name} ({requested.code or ''}) x {amount} - {reason}".strip()

    def describe_problem(self) -> str:
        assert self.problem
        return self.describe(self.problem.value)


def read_line(world: World, sent: dict[str, Any], *, customer_id: str, rules: LineRules) -> RequestedItem:
    """Look the product and unit up and read the quantity; the first problem found wins."""
    settings = world.settings
    details = _mapping(sent.get("details"))
    reference = _mapping(details.get("product"))
    properties = _mapping(sent.get("properties"))
    product = world.catalogue.find(customer_id, reference, ignore_case=settings.product_code_ignores_case)
    asked_unit = _mapping(details.get("unitOfMeasure")).get("type")
    raw_quantity = _mapping(sent.get("measures")).get("quantity")
    quantity = world.read_number(raw_quantity)

    requested = RequestedLine(
        code=product.code if product else _named_code(reference),
        quantity=plain_text(quantity) if quantity is not None else _shown(raw_quantity),
        unit=str(asked_unit) if asked_unit else (product.default_unit if product else None),
        line_ref=_text_or_none(properties.get(settings.line_reference_field)),
        product_id=product.id if product else None,
    )
    line = RequestedItem(
        requested,
        product.name if product else str(reference.get("name") or ""),
        product,
        price=_mapping(details.get("approximateUnitPrice")) or None,
    )
    if product is not None and requested.unit not in product.units and settings.unit_code_ignores_case:
        requested.unit = _spell_unit(product, requested.unit)
    line.problem = _judge_product(line, reference, rules) or _judge_quantity(quantity, rules)
    if product is not None and quantity is not None and line.unit:
        line.quantity = requested.base_quantity = quantity
        line.unit_size = product.unit_sizes[line.unit]
        if line.unit_size != ONE:
            requested.base_quantity = quantity * line.unit_size
            if line.problem is None and read_number(requested.base_quantity) is None:
                line.problem = LineProblem.CONVERSION
        if properties:
            _sort_properties(
                line,
                properties,
                stock_fields=rules.policy.stock_fields,
                line_fields_kept=settings.line_fields_enabled,
            )
    line.is_dropped = line.problem is not None and rules.drop(line.problem)
    return line


def _spell_unit(product: Product, asked: str | None) -> str | None:
    """The unit as the product spells it, where it has one of that name in any case."""
    return next((unit for unit in product.units if unit.casefold() == (asked or "").casefold()), asked)


def _judge_product(line: RequestedItem, reference: dict[str, Any], rules: LineRules) -> LineProblem | None:
    """What is wrong with product or unit; a good unit is noted on the line."""
    product = line.product
    if product is None:
        return LineProblem.PRODUCT_UNKNOWN if _names_something(reference) else LineProblem.PRODUCT_MISSING
    if line.requested.unit in product.units:
        line.unit = line.requested.unit
    elif rules.invalid_unit == "default":
        line.unit, line.replaced_unit = product.default_unit, True
    if not product.active:
        return LineProblem.PRODUCT_INACTIVE
    return None if line.unit else LineProblem.UNIT_INVALID


def _judge_quantity(quantity: Decimal | None, rules: LineRules) -> LineProblem | None:
    if quantity is None:
        return LineProblem.QUANTITY_UNREADABLE
    if quantity < 0:
        return LineProblem.QUANTITY_NEGATIVE
    if quantity == 0:
        return LineProblem.QUANTITY_ZERO
    if rules.policy.whole_quantities_required and quantity % 1:
        return LineProblem.QUANTITY_BROKEN
    return None


def _sort_properties(
    line: RequestedItem, properties: dict[str, Any], *, stock_fields: Collection[str], line_fields_kept: bool
) -> None:
    """What is said of the stock narrows the choice, the rest stays with the line."""
    for name, value in properties.items():
        if value is None or value == "":
            continue
        if name.startswith(LINE_FIELD_PREFIX):
            if line_fields_kept:
                line.kept_properties[name] = value
        elif name in stock_fields:
            line.requested.constraints[name] = value
        else:
            line.kept_properties[name] = value


def _names_something(reference: dict[str, Any]) -> bool:
    references = _mapping(reference.get("references"))
    return bool(reference.get("id") or references.get("code") or references.get("barcode") or reference.get("name"))


def _named_code(reference: dict[str, Any]) -> str | None:
    references = _mapping(reference.get("references"))
    named = references.get("code") or references.get("barcode") or reference.get("id") or reference.get("name")
    return str(named) if named else None


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""


def _text_or_none(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
