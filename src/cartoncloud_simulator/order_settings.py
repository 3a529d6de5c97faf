"""What a warehouse decides per customer about stock and orders, beyond what the documentation fixes."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

LinePolicy = Literal["reject", "drop"]
UnitPolicy = Literal["reject", "drop", "default"]
ShortagePolicy = Literal["reject", "drop", "assign_and_drop", "await", "assign_and_await", "split", "split_unless_due"]
TrackingPart = Literal["carrier", "tracking", "url"]
Days = Annotated[int, Meta(ge=0)]


class StockSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which stock may be promised, and what a stock record carries."""

    minimum_inbound_status: Annotated[
        Literal["RECEIVED", "VERIFIED", "ALLOCATED"],
        Meta(description="From this status of its purchase order on, stock may be allocated."),
    ] = "VERIFIED"
    expired_stock_allowed: Annotated[
        bool, Meta(description="Lots expired or within the threshold are allocated when no other is left.")
    ] = False
    unique_stock_fields: Annotated[
        tuple[str, ...], Meta(description="A value may be on hand once per customer and warehouse.")
    ] = ("serial", "sscc")
    single_unit_stock_fields: Annotated[
        tuple[str, ...], Meta(description="A line with one of these is for exactly one base unit.")
    ] = ("serial",)
    required_properties_checked: Annotated[
        Literal["import", "verification", "never"],
        Meta(description="When a product's REQUIRED item properties must be there on inbound lines."),
    ] = "verification"
    absent_item_statuses: Annotated[
        tuple[str, ...], Meta(description="Inbound items in these statuses bring nothing into stock.")
    ] = ("MISSING", "LOST")
    damaged_item_status: Annotated[str, Meta(description="Status of goods counted as damaged.")] = "RECEIVED_DAMAGED"
    adjustment_orders: Annotated[
        Literal["daily", "each", "none"], Meta(description="Which orders stock adjustments make; none edits directly.")
    ] = "daily"
    adjustment_reference: Annotated[str, Meta(description="Reference of adjustment orders; {date} is filled in.")] = (
        "ADJ {date}"
    )


class IntakeSettings(StockSettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How an import deals with lines it cannot take as they are."""

    shortage_policy: Annotated[ShortagePolicy, Meta(description="A line with too little stock.")] = "reject"
    due_within_days: Annotated[
        Days, Meta(description="Arrivals this near count as due, for splitting and for filling waiting orders.")
    ] = 7
    unknown_product_policy: Annotated[LinePolicy, Meta(description="A line whose product code is unknown.")] = "reject"
    blank_product_policy: Annotated[LinePolicy, Meta(description="A line without any product code.")] = "reject"
    inactive_product_policy: Annotated[LinePolicy, Meta(description="A line of a deactivated product.")] = "reject"
    invalid_unit_policy: Annotated[UnitPolicy, Meta(description="A line whose unit the product does not have.")] = (
        "reject"
    )
    conversion_policy: Annotated[LinePolicy, Meta(description="A line whose quantity is not exact in base units.")] = (
        "reject"
    )
    bad_quantity_policy: Annotated[LinePolicy, Meta(description="A negative or unreadable quantity.")] = "reject"
    zero_quantity_policy: Annotated[LinePolicy, Meta(description="A line with quantity zero.")] = "drop"
    whole_quantities_required: Annotated[bool, Meta(description="A fraction is a bad quantity.")] = False
    inbound_unknown_product_policy: Annotated[
        LinePolicy, Meta(description="An inbound line whose product is unknown.")
    ] = "reject"
    inbound_invalid_unit_policy: Annotated[
        UnitPolicy, Meta(description="An inbound line whose unit the product does not have.")
    ] = "reject"


class OrderSettings(IntakeSettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How orders live after they were taken in."""

    overridable_statuses: Annotated[
        tuple[str, ...], Meta(description="Statuses in which an order may be replaced by reference, or deleted.")
    ] = ("REJECTED",)
    inbound_overridable_statuses: Annotated[tuple[str, ...], Meta(description="The same for inbound orders.")] = (
        "REJECTED",
    )
    unique_references: Annotated[bool, Meta(description="A live order's reference cannot be used again.")] = True
    awaiting_stock_allocation: Annotated[
        Literal["never", "always", "only_if_complete", "only_if_rest_due"],
        Meta(description="When received stock fills AWAITING_STOCK orders."),
    ] = "always"
    dispatch_with_consignment: Annotated[
        bool, Meta(description="A packed order is dispatched when its last consignment has left the warehouse.")
    ] = False
    tracking_properties: Annotated[
        dict[TrackingPart, str],
        Meta(description="Order properties that carrier, tracking number and link are written into, by their names."),
    ] = {}
    urgent_honoured: Annotated[
        bool, Meta(description="details.urgent is a fact; otherwise a request that staff approve.")
    ] = True
    rejected_purge_days: Annotated[
        Days, Meta(description="Rejected orders disappear after so many days; 0 keeps them.")
    ] = 0
    inbound_initial_status: Annotated[
        Literal["DRAFT", "NOT_YET_RECEIVED", "RECEIVED"], Meta(description="Status of a new inbound order.")
    ] = "NOT_YET_RECEIVED"
    verification_bypass_allowed: Annotated[bool, Meta(description="RECEIVED may go straight to ALLOCATED.")] = True
    split_receiving_enabled: Annotated[bool, Meta(description="Unconfirmed goods may move to a new order.")] = True
    return_status: Annotated[
        Literal["DRAFT", "NOT_YET_RECEIVED", "RECEIVED"], Meta(description="Status of a new -RTS order.")
    ] = "NOT_YET_RECEIVED"
