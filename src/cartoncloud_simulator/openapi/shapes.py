"""What every part of the API shares: errors, references, addresses, searches."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(description="A UUID.")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Words = Annotated[str, Meta(min_length=1)]
Number = float
Properties = dict[str, Any]


class Sent(Struct, rename="camel"):
    """What callers send: null and absent are the same, unknown fields are ignored."""


class Shown(Struct, rename="camel"):
    """What is answered: what has no value is left out, never null."""


class Error(Shown):
    """One reason; `field` is a JSON pointer into the request."""

    message: str
    field: str | None = None
    type: str | None = None
    details: dict[str, Any] | None = None


class AuthError(Shown, rename=None):
    error: str
    error_description: str


class OnlyId(Shown):
    id: Id


class Named(Sent):
    """Names something: the first supplied of id, references.code and name decides."""

    id: str | None = None
    references: dict[str, Any] | None = None
    name: str | None = None


class NamedShown(Shown):
    id: Id
    name: str
    enabled: bool
    references: dict[str, Any] | None = None


class State(Sent):
    code: str | None = None
    name: str | None = None


class Country(Sent):
    iso2_code: str | None = None
    iso3_code: str | None = None
    name: str | None = None


class Address(Sent):
    """At least companyName or contactName; empty strings are refused."""

    company_name: Words | None = None
    contact_name: Words | None = None
    address1: Words | None = None
    address2: Words | None = None
    suburb: Words | None = None
    city: Words | None = None
    state: State | None = None
    postcode: Words | None = None
    country: Country | None = None
    phone: Annotated[str, Meta(max_length=64)] | None = None
    email: Words | None = None


class Money(Sent):
    amount: Annotated[float, Meta(ge=0)]
    currency: Annotated[str, Meta(min_length=3, max_length=3)] | None = None


class Time(Shown):
    """ISO 8601, seconds, with the offset of the warehouse."""

    time: str


class ProductShown(Shown):
    id: Id
    name: str
    references: dict[str, Any]
    customer: NamedShown | None = None


class UnitShown(Shown):
    type: str
    name: str


class Pointer(Struct, tag_field="type", tag="JsonField"):
    pointer: Words


class Key(Struct, tag_field="type", tag="ValueField"):
    """The older way: a key of the endpoint's own."""

    value: Words


class Literally(Struct, tag_field="type", tag="ValueField"):
    value: Any


Comparison = Literal[
    "EQUAL_TO", "NOT_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO"
]
TextMethod = Comparison | Literal["CONTAINS", "DOES_NOT_CONTAIN", "STARTS_WITH"]


class TextComparison(Struct, tag_field="type", tag="TextComparisonCondition"):
    field: Pointer | Key
    value: Literally
    method: TextMethod


class BooleanComparison(Struct, tag_field="type", tag="BooleanComparisonCondition"):
    field: Pointer | Key
    value: Literally
    method: Literal["EQUAL_TO", "NOT_EQUAL_TO"] = "EQUAL_TO"


class NumericComparison(Struct, tag_field="type", tag="NumericComparisonCondition"):
    field: Pointer | Key
    value: Literally
    method: Comparison


class DateComparison(Struct, tag_field="type", tag="DateComparisonCondition"):
    field: Pointer | Key
    value: Literally
    method: Comparison


class DateTimeComparison(Struct, tag_field="type", tag="DateTimeComparisonCondition"):
    field: Pointer | Key
    value: Literally
    method: Comparison


class AllOf(Struct, tag_field="type", tag="AndCondition"):
    conditions: "list[Condition]"


class AnyOf(Struct, tag_field="type", tag="OrCondition"):
    conditions: "list[Condition]"


Condition = AllOf | AnyOf | TextComparison | BooleanComparison | NumericComparison | DateComparison | DateTimeComparison


class Search(Struct):
    """A composite at the top, leaves below it."""

    condition: AllOf | AnyOf
