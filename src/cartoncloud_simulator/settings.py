"""Every guess and every switch of the simulator: its name, its default and one line of what it means.

Nothing the documentation leaves open is decided anywhere else. `CustomerSettings` holds what a customer may override
for itself, `Settings` adds what holds for the whole tenant.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

ShortagePolicy = Literal["reject", "drop", "assign_and_drop", "await", "assign_and_await"]
LinePolicy = Literal["reject", "drop"]
Status = Annotated[int, Meta(ge=400, le=599)]
Seconds = Annotated[float, Meta(ge=0)]


class CustomerSettings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a warehouse decides per customer; the tenant's value holds where the customer has none."""

    shortage_policy: Annotated[ShortagePolicy, Meta(description="A line with too little stock.")] = "reject"
    unknown_product_policy: Annotated[LinePolicy, Meta(description="A line whose product code is unknown.")] = "reject"
    blank_product_policy: Annotated[LinePolicy, Meta(description="A line without any product code.")] = "reject"
    inactive_product_policy: Annotated[LinePolicy, Meta(description="A line of a deactivated product.")] = "reject"
    invalid_unit_policy: Annotated[
        Literal["reject", "drop", "default"], Meta(description="A line whose unit the product does not have.")
    ] = "reject"
    bad_quantity_policy: Annotated[LinePolicy, Meta(description="A zero, negative or unreadable quantity.")] = "reject"
    expired_stock_allowed: Annotated[bool, Meta(description="Expired lots may be allocated.")] = False
    overridable_statuses: Annotated[
        tuple[str, ...], Meta(description="Statuses in which an order may be replaced by reference, or deleted.")
    ] = ("REJECTED",)
    unique_references: Annotated[bool, Meta(description="A live order's reference cannot be used again.")] = True
    consignment_generation: Annotated[
        Literal["off", "on_pack", "on_import"], Meta(description="When an order gets its consignment.")
    ] = "on_pack"
    auto_dispatch: Annotated[bool, Meta(description="The crew dispatches what it packed.")] = True
    awaiting_stock_allocation: Annotated[
        Literal["never", "always", "only_if_complete"], Meta(description="Received stock fills AWAITING_STOCK orders.")
    ] = "always"
    carrier_name: Annotated[str, Meta(description="Carrier written on new consignments.")] = "Harbour Freight Lines"
    tracking_url: Annotated[str, Meta(description="Tracking link; {tracking} is filled in.")] = (
        "https://track.example/{tracking}"
    )
    packages_per_order: Annotated[int, Meta(ge=1, le=50, description="Packages on a new consignment.")] = 1
    consignments_per_order: Annotated[int, Meta(ge=1, le=20, description="Consignments of one packed order.")] = 1


class Settings(CustomerSettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The tenant's settings, the customers' defaults among them."""

    bad_version_status: Annotated[
        Literal[400, 404, 406], Meta(description="Answer to an Accept-Version outside 1 to 8.")
    ] = 406
    foreign_tenant_status: Annotated[Literal[403, 404], Meta(description="A tenant the client is not of.")] = 404
    out_of_scope_status: Annotated[Literal[403, 404], Meta(description="An entity of a customer out of scope.")] = 404
    token_seconds: Annotated[int, Meta(ge=1, description="Life of an access token.")] = 3600
    auth_error_form: Annotated[
        Literal["object", "array"], Meta(description="Shape of the 401 body outside the token call.")
    ] = "object"

    default_page_size: Annotated[int, Meta(ge=1, description="Page size when none is asked for.")] = 20
    max_page_size: Annotated[int, Meta(ge=1, description="Larger sizes are lowered to this.")] = 200
    search_order: Annotated[
        Literal["created_ascending", "created_descending", "modified_ascending"], Meta(description="Order of results.")
    ] = "created_ascending"
    text_case_sensitive: Annotated[bool, Meta(description="Text comparison minds upper and lower case.")] = False
    unknown_field_status: Annotated[Literal[400, 422], Meta(description="A search on a pointer nobody knows.")] = 400
    malformed_search_status: Annotated[Literal[400, 422], Meta(description="A search that breaks the grammar.")] = 400
    absent_matches_negation: Annotated[bool, Meta(description="An absent field satisfies NOT_EQUAL_TO.")] = True
    search_lag_seconds: Annotated[Seconds, Meta(description="New orders stay out of searches this long.")] = 0

    outbound_rate_limit_enabled: Annotated[bool, Meta(description="Outbound creations are limited.")] = True
    outbound_rate_limit: Annotated[int, Meta(ge=1, description="Creations per window and client.")] = 30
    outbound_rate_window_seconds: Annotated[float, Meta(gt=0, description="Length of the rolling window.")] = 60
    outbound_rate_strict_spacing_seconds: Annotated[
        Seconds, Meta(description="Least time between two creations; 0 switches it off, 2 is the strict reading.")
    ] = 0
    outbound_rate_counts_refused: Annotated[bool, Meta(description="A 429 uses up the window as well.")] = False
    retry_after_sent: Annotated[bool, Meta(description="A 429 carries Retry-After.")] = True

    duplicate_status: Annotated[Literal[400, 409, 422], Meta(description="A reference that is taken.")] = 422
    delete_refused_status: Annotated[Literal[409, 422], Meta(description="Deleting in a status not allowed.")] = 422
    reference_case_sensitive: Annotated[bool, Meta(description="SO-1 and so-1 are two references.")] = False
    rejected_orders_keep_items: Annotated[bool, Meta(description="A rejected order shows its lines.")] = False
    draft_honoured: Annotated[bool, Meta(description="Status DRAFT on creation is kept.")] = True
    product_code_ignores_case: Annotated[bool, Meta(description="Codes match in any case after an exact miss.")] = False
    product_code_scope: Annotated[
        Literal["customer", "tenant"], Meta(description="Where a product code is unique.")
    ] = "customer"
    numeric_strings_accepted: Annotated[bool, Meta(description='A quantity may be written as "5".')] = False
    line_fields_enabled: Annotated[bool, Meta(description="sop_custom_field_N of order lines are kept.")] = True
    line_reference_field: Annotated[str, Meta(description="The line field the ledger reads as line_ref.")] = (
        "sop_custom_field_1"
    )
    stock_fields: Annotated[
        tuple[str, ...], Meta(description="Item properties that restrict the allocation; others do not.")
    ] = ("expiryDate", "batch", "batchNumber", "sscc", "serial", "receivedWeek")
    zero_items_kept: Annotated[bool, Meta(description="An item picked to nothing stays with quantity 0.")] = False
    numeric_id_scope: Annotated[
        Literal["customer", "tenant"], Meta(description="Where references.numericId is unique.")
    ] = "customer"

    product_types: Annotated[
        tuple[str, ...], Meta(description="Known product types; another is refused, none listed allows all.")
    ] = ()
    empty_address_strings_refused: Annotated[bool, Meta(description='"" inside an address is a 422.')] = True
    delivery_address_required: Annotated[bool, Meta(description="details.deliver.address must be there.")] = True

    report_delay_seconds: Annotated[Seconds, Meta(description="A report run stays IN_PROCESS this long.")] = 2
    report_fails: Annotated[bool, Meta(description="Every report run ends FAILED.")] = False
    report_expiry_seconds: Annotated[float, Meta(gt=0, description="A report run is kept this long.")] = 604800
    report_zero_measures_omitted: Annotated[bool, Meta(description="Measures of zero are left out.")] = True

    fulfilment_shipped_status: Annotated[str, Meta(description="Consignment status after dispatch.")] = "SHIPPED"
    tracking_touches_order: Annotated[bool, Meta(description="A tracking change moves the order's modified.")] = False
    stock_may_go_negative: Annotated[bool, Meta(description="Staff edits may take more than a lot holds.")] = False


def change_settings(settings: Settings, patch: Mapping[str, Any]) -> Settings:
    """The settings with some of them replaced; msgspec.ValidationError names what is wrong."""
    return msgspec.convert({**msgspec.to_builtins(settings), **patch}, Settings)


def resolve_customer_settings(settings: Settings, overrides: Mapping[str, Any]) -> CustomerSettings:
    """What holds for one customer: the tenant's values under its own."""
    tenant_values = {name: getattr(settings, name) for name in CustomerSettings.__struct_fields__}
    return msgspec.convert({**tenant_values, **overrides}, CustomerSettings)


def describe_settings() -> dict[str, str]:
    """One line per setting, read from its declaration."""
    described = {}
    for field in msgspec.structs.fields(Settings):
        meta = msgspec.inspect.type_info(field.type)
        extra = getattr(meta, "extra_json_schema", None) or {}
        described[field.name] = str(extra.get("description", ""))
    return described
