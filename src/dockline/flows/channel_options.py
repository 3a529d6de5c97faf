"""What a person may choose of a channel, whatever its connector: one class per page, described as connectors' are."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dockline.connectors.contract.settings import plain_text
from dockline.domain.channels.rules import (
    DEFAULT_SEVERITIES,
    AutomationMode,
    BackorderMode,
    ProductDescription,
    Severity,
    Validation,
)
from dockline.kit.measures import SizeUnit, WeightUnit

_FORMULA = ("=", "+", "-", "@")


class Options(BaseModel):
    """Base of both: immutable, unknown names are refused, no invisible characters."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _check_characters(cls, value: object) -> object:
        return plain_text(value)


class MainOptions(Options):
    """What stands under General."""

    name: str = Field(
        title="Connection name",
        description="What people call this channel: on the list, in runs and in the timeline of an order.",
        min_length=1,
        max_length=200,
    )
    automation_mode: AutomationMode = Field(
        default=AutomationMode.RECURRING,
        title="Automation Mode",
        description="Recurring: the jobs below ask the channel on a timetable. Webhook: a job also runs the moment the "
        "channel sends an event; the timetable stays as a safety net.",
    )

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value.startswith(_FORMULA):
            raise ValueError("Begin with a letter or a digit: a spreadsheet would take this for a formula.")
        if "<" in value or ">" in value:
            raise ValueError("Leave out < and >.")
        return value


def _severity(validation: Validation, effect: str) -> Any:
    return Field(
        default=DEFAULT_SEVERITIES[validation],
        title=validation.label,
        description=effect,
        json_schema_extra={"group": "Validation"},
    )


class AdvancedOptions(Options):
    """What stands under Advanced. Each description says what the choice does."""

    backorder_mode: BackorderMode = Field(
        default=BackorderMode.HUB,
        title="Backorder Mode",
        description="In Dockline: an order is sent when the levels last received cover it. In the channel: stock is "
        "not checked, the whole order is always sent, and the warehouse decides.",
        json_schema_extra={"group": "Backorders"},
    )
    partial_backorder: bool = Field(
        default=False,
        title="Allow Backorder Partial",
        description="On: what is in stock is sent now and the rest later, as another shipment. Off: nothing is sent "
        "until everything is there. Without effect while backorders are managed in the channel.",
        json_schema_extra={"group": "Backorders"},
    )
    suppress_personal: bool = Field(
        default=False,
        title="Suppress PII",
        description="On: personal data the warehouse can do without are not sent.",
        json_schema_extra={"group": "Personal data"},
    )
    size_unit: SizeUnit = Field(
        default=SizeUnit.CENTIMETRE,
        title="Size",
        description="The unit of lengths, widths and heights when products are exported and imported. Here they are "
        "kept in millimetres and shown in the account's unit. Shipments carry none.",
        json_schema_extra={"group": "Unit of Measure"},
    )
    weight_unit: WeightUnit = Field(
        default=WeightUnit.KILOGRAM,
        title="Weight",
        description="The unit of weights when products are exported and imported. Here they are kept in grams and "
        "shown in the account's unit. Shipments carry none.",
        json_schema_extra={"group": "Unit of Measure"},
    )
    pass_lots: bool = Field(
        default=False,
        title="Lot/Serial Number Pass-Through",
        description="On: lot and serial numbers of what shipped and arrived are taken from the channel and kept on "
        "each line. Off: none is taken; what was taken before stays.",
        json_schema_extra={"group": "Lots and serial numbers"},
    )
    product_description: ProductDescription = Field(
        default=ProductDescription.VARIANT,
        title="Product Description to send to Channel",
        description="What pickers read on their screen. Products already there are renamed by the next export.",
        json_schema_extra={"group": "Products"},
    )
    carrier: Severity = _severity(
        Validation.CARRIER, "Error holds the shipment until it is mapped. Warning sends it with the order's own words."
    )
    recipient: Severity = _severity(
        Validation.RECIPIENT,
        "Neither a company nor a person is named.",
    )
    address: Severity = _severity(Validation.ADDRESS, "Street, place, postcode or country is not known.")
    phone: Severity = _severity(
        Validation.PHONE, "Some carriers call before they deliver. Not asked under Suppress PII."
    )
    email: Severity = _severity(Validation.EMAIL, "Some carriers announce by mail. Not asked under Suppress PII.")
    lot: Severity = _severity(
        Validation.LOT, "Asked of what shipped, while lots pass through. Error raises an issue, Warning a note."
    )
    surplus: Severity = _severity(
        Validation.SURPLUS,
        "Error raises an issue, Warning a note. It is booked and kept with the shipment either way.",
    )
    settle_seconds: int = Field(
        default=600,
        ge=1,
        le=86400,
        title="Settle window",
        description="How long a request whose answer was lost may still turn up there. Only after it, and after "
        "looking again, is anything sent anew. Below 300 only on this machine.",
        json_schema_extra={"group": "Safety", "unit": "seconds"},
    )


def columns_of(options: Options) -> dict[str, Any]:
    """The options as a channel stores them."""
    values = options.model_dump(mode="json")
    if isinstance(options, AdvancedOptions):
        values["severities"] = {validation.value: values.pop(validation.value) for validation in Validation}
    return values


def values_of(columns: Mapping[str, Any], options: type[Options]) -> dict[str, Any]:
    """What a channel has stored, by the names of the options."""
    severities = {**DEFAULT_SEVERITIES, **columns.get("severities", {})}
    known = {**columns, **{str(key): value for key, value in severities.items()}}
    return {name: known[name] for name in options.model_fields if name in known}
