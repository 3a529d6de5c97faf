"""Every guess and every switch of the simulator: its name, its default and one line of what it means.

Nothing the documentation leaves open is decided anywhere else. `CustomerSettings` holds what a customer may override
for itself, `Settings` adds what holds for the whole tenant.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from cartoncloud_simulator.service_settings import ServiceSettings
from cartoncloud_simulator.world.entities import CONSIGNMENT_STATUSES

Status = Annotated[int, Meta(ge=400, le=599)]
Seconds = Annotated[float, Meta(ge=0)]
WebhookTrigger = Literal["created", "status", "changed", "deleted"]
LinkRelation = Literal["first", "prev", "next", "last"]
TimestampForm = Literal["DateTime", "Text", "StartsWith", "Date"]
TIMESTAMP_FORMS: tuple[TimestampForm, ...] = get_args(TimestampForm)


def _first_statuses() -> dict[str, str]:
    return {
        "DELIVERY": "AWAITING_DROPOFF",
        "DUPLICATE": "AWAITING_DROPOFF",
        "RETURNED": "AWAITING_DROPOFF",
        "PICKUP": "AWAITING_PICKUP",
        "POINT_TO_POINT": "AWAITING_POINT_TO_POINT_PICKUP",
    }


class CustomerSettings(ServiceSettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a warehouse decides per customer; the tenant's value holds where the customer has none."""


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
    token_error_form: Annotated[
        Literal["object", "array"], Meta(description="Shape of the error bodies of the token call.")
    ] = "object"  # noqa: S105 - a shape, no secret
    refresh_token_sent: Annotated[
        bool, Meta(description="The token answer carries a refresh token, and one is taken for a new token.")
    ] = False
    token_credentials_in_form: Annotated[
        bool, Meta(description="Credentials may stand in the token form instead of the Basic header.")
    ] = False

    default_page_size: Annotated[int, Meta(ge=1, description="Page size when none is asked for.")] = 20
    max_page_size: Annotated[int, Meta(ge=1, description="Larger sizes are lowered to this.")] = 200
    oversized_page: Annotated[
        Literal["clamp", "refuse"], Meta(description="A size above the largest is lowered, or a 400.")
    ] = "clamp"
    link_relations: Annotated[tuple[LinkRelation, ...], Meta(description="Relations the Link header may carry.")] = (
        "first",
        "prev",
        "next",
        "last",
    )
    version_step: Annotated[
        int, Meta(ge=1, le=100, description="What each saved change adds to the version of an order or a consignment.")
    ] = 1
    unknown_party_status: Annotated[
        Literal[400, 403, 404, 422], Meta(description="A body that names a customer or a warehouse there is not.")
    ] = 422
    customer_list_paged: Annotated[bool, Meta(description="The list of customers comes in pages.")] = True
    search_order: Annotated[
        Literal["created_ascending", "created_descending", "modified_ascending"], Meta(description="Order of results.")
    ] = "created_ascending"
    text_case_sensitive: Annotated[bool, Meta(description="Text comparison minds upper and lower case.")] = False
    unknown_field_status: Annotated[Literal[400, 422], Meta(description="A search on a pointer nobody knows.")] = 400
    malformed_search_status: Annotated[Literal[400, 422], Meta(description="A search that breaks the grammar.")] = 400
    absent_matches_negation: Annotated[bool, Meta(description="An absent field satisfies NOT_EQUAL_TO.")] = True
    timestamp_search_forms: Annotated[
        tuple[TimestampForm, ...],
        Meta(description="Ways a timestamp may be searched: its own leaf, ordered text, a text prefix, a plain date."),
    ] = TIMESTAMP_FORMS
    empty_and_matches: Annotated[
        Literal["all", "refused"], Meta(description="An AndCondition without conditions finds all, or is malformed.")
    ] = "all"
    string_booleans_accepted: Annotated[
        bool, Meta(description='Searches and bodies take "true" and "false" for a boolean.')
    ] = True
    product_references_searchable: Annotated[
        bool, Meta(description="Product searches know /references/code and other undocumented pointers.")
    ] = False
    undocumented_pointers_searchable: Annotated[
        bool,
        Meta(description="Searches of orders and consignments know pointers that were neither documented nor seen."),
    ] = True
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
    error_details_form: Annotated[
        Literal["object", "array"], Meta(description="Shape of the details of a duplicate's error.")
    ] = "object"
    delete_refused_status: Annotated[Literal[409, 422], Meta(description="Deleting in a status not allowed.")] = 422
    deleted_order_status: Annotated[
        Literal[404, 410], Meta(description="Reading an order that was deleted, as long as the simulator runs.")
    ] = 404
    reference_case_sensitive: Annotated[bool, Meta(description="SO-1 and so-1 are two references.")] = False
    rejected_orders_keep_items: Annotated[bool, Meta(description="A rejected order shows its lines.")] = False
    reason_wordings: Annotated[
        dict[str, str],
        Meta(description="Other wordings of reasons in details.errors and of duplicates, by that used here."),
    ] = {}
    created_items: Annotated[
        Literal["allocated", "requested"],
        Meta(description="The 201 shows the stock that was found, or the lines as they were sent until they are read."),
    ] = "allocated"
    line_fields_on: Annotated[
        Literal["every_part", "first_part"],
        Meta(description="Which items of a line in several parts carry its sop_custom_field_N."),
    ] = "every_part"
    item_units: Annotated[
        Literal["requested", "base"], Meta(description="The unit that the items of orders are shown in.")
    ] = "requested"
    unassigned_items_shown: Annotated[bool, Meta(description="Items that wait for stock are shown.")] = True
    packed_items: Annotated[
        Literal["picked", "planned"],
        Meta(description="A packed order shows the goods that were picked, or those that were to be picked."),
    ] = "picked"
    draft_honoured: Annotated[bool, Meta(description="Status DRAFT on creation is kept.")] = True
    product_code_ignores_case: Annotated[bool, Meta(description="Codes match in any case after an exact miss.")] = False
    unit_code_ignores_case: Annotated[bool, Meta(description="Units match in any case after an exact miss.")] = False
    product_code_scope: Annotated[
        Literal["customer", "tenant"], Meta(description="Where a product code is unique.")
    ] = "customer"
    numeric_strings_accepted: Annotated[bool, Meta(description='A number in a body may be written as "5".')] = True
    line_fields_enabled: Annotated[bool, Meta(description="sop_custom_field_N of order lines are kept.")] = True
    line_reference_field: Annotated[str, Meta(description="The line field the ledger reads as line_ref.")] = (
        "sop_custom_field_1"
    )
    split_reference: Annotated[
        str,
        Meta(
            pattern=r"\{reference\}.*\{number\}",
            description="Reference of a split outbound order's further halves; {reference} and {number} are filled in.",
        ),
    ] = "{reference} - {number}"
    split_halves_linked: Annotated[bool, Meta(description="A split outbound order shows details.parentId.")] = False
    inbound_quantity_confirmed: Annotated[
        bool, Meta(description="measures.quantity is the confirmed quantity once verified, not the expected one.")
    ] = True
    inbound_item_identity_shown: Annotated[
        bool, Meta(description="Inbound items have id, type and numericId, as outbound ones do.")
    ] = True
    inbound_zero_items_kept: Annotated[bool, Meta(description="An inbound line confirmed as nothing stays.")] = True
    inbound_timestamps: Annotated[
        tuple[Literal["created", "modified", "verified"], ...], Meta(description="Timestamps inbound orders show.")
    ] = ("created", "modified", "verified")
    inbound_modified_searchable: Annotated[
        bool, Meta(description="Inbound search knows /timestamps/modified/time.")
    ] = True
    has_children_always_shown: Annotated[bool, Meta(description="details.hasChildren is false rather than absent.")] = (
        True
    )
    stock_statuses: Annotated[tuple[str, ...], Meta(description="Statuses inbound items may be sent with.")] = (
        "OK",
        "RECEIVED_DAMAGED",
        "MISSING",
        "QUARANTINE",
        "DAMAGED_BY_CARRIER",
        "DAMAGED",
        "LOST",
        "QC",
    )
    zero_items_kept: Annotated[bool, Meta(description="An item picked to nothing stays with quantity 0.")] = False
    numeric_id_scope: Annotated[
        Literal["customer", "tenant"], Meta(description="Where references.numericId is unique.")
    ] = "customer"

    product_types: Annotated[
        tuple[str, ...], Meta(description="Known product types; another is refused, none listed allows all.")
    ] = ()
    unknown_product_type_status: Annotated[
        Literal[400, 404, 422], Meta(description="A product of a type that product_types does not list.")
    ] = 422
    product_code_taken_status: Annotated[Literal[400, 409, 422], Meta(description="A product code that is taken.")] = (
        422
    )
    product_code_taken_field: Annotated[str, Meta(description="The field that the error about a taken code names.")] = (
        "/references/code"
    )
    unit_name_default: Annotated[
        Literal["code", "none"], Meta(description="What a unit without a name is called; none leaves it without.")
    ] = "code"
    product_barcodes_stored: Annotated[bool, Meta(description="Barcodes sent through the API are kept.")] = True
    base_barcode_default: Annotated[
        bool, Meta(description="A base unit without a barcode has the product code for one.")
    ] = True
    deprecated_put_status: Annotated[
        Literal[200, 405], Meta(description="Product PUT at version 8: still works, or is gone.")
    ] = 200
    put_keeps_unseen: Annotated[
        bool, Meta(description="A PUT leaves alone what its version of the API does not know.")
    ] = True
    default_unit_change: Annotated[
        Literal["new_units", "all_units"],
        Meta(description="Which units become one to one when a patch makes them the default."),
    ] = "new_units"
    product_custom_fields_shown: Annotated[bool, Meta(description="Products show their properties.")] = True
    product_timestamps_shown: Annotated[bool, Meta(description="Products show when they were made and changed.")] = True
    empty_address_parts_refused: Annotated[
        tuple[str, ...], Meta(description='Parts of an address in which "" is a 422; elsewhere it counts as absent.')
    ] = ("address1", "address2", "suburb", "city", "postcode", "email")
    address_locations: Annotated[bool, Meta(description="Stored addresses come with coordinates.")] = False

    consignment_first_statuses: Annotated[
        dict[str, str], Meta(description="Status of a new consignment, by its type.")
    ] = msgspec.field(default_factory=_first_statuses)
    consignment_settable_statuses: Annotated[
        tuple[str, ...], Meta(description="Statuses a PUT may give a consignment.")
    ] = CONSIGNMENT_STATUSES
    stale_if_match_status: Annotated[Literal[409, 412], Meta(description="A PUT with an old If-Match.")] = 412
    if_match_required: Annotated[bool, Meta(description="A PUT of a consignment without If-Match is a 400.")] = False
    invoiced_consignment_status: Annotated[
        Literal[409, 422], Meta(description="A PUT of a consignment on an approved invoice.")
    ] = 422
    consignment_source_shown: Annotated[
        bool, Meta(description="Consignments show generatedFromTask besides being found by it.")
    ] = False
    consignment_extras_shown: Annotated[
        bool, Meta(description="Consignments show areChargesEditable, source and items' jobs.")
    ] = True
    tracking_company_key: Annotated[
        Literal["companyName", "company"], Meta(description="What the carrier's name is called in answers.")
    ] = "companyName"
    product_customer_shown: Annotated[bool, Meta(description="Products inside orders name their customer.")] = False
    currency: Annotated[str, Meta(description="The tenant's currency.")] = "AUD"
    consignment_documents_accepted: Annotated[bool, Meta(description="Consignments have a documents path.")] = True
    multipart_upload_status: Annotated[
        Literal[400, 415, 500], Meta(description="A document sent as a multipart form.")
    ] = 500
    outbound_no_items_honoured: Annotated[
        bool, Meta(description="Prefer: return=no-items works on outbound orders too.")
    ] = False
    delivery_address_required: Annotated[bool, Meta(description="details.deliver.address must be there.")] = True

    report_delay_seconds: Annotated[Seconds, Meta(description="A report run stays IN_PROCESS this long.")] = 2
    report_fails: Annotated[bool, Meta(description="Every report run ends FAILED.")] = False
    report_expiry_seconds: Annotated[float, Meta(gt=0, description="A report run is kept this long.")] = 604800
    report_lists_incoming_only: Annotated[
        bool, Meta(description="Products with nothing but incoming stock are rows.")
    ] = True
    report_lists_empty_products: Annotated[
        bool, Meta(description="Products without any stock have a row in stock reports.")
    ] = False
    report_unit: Annotated[
        Literal["base", "default"], Meta(description="The product's unit that stock reports count in.")
    ] = "base"
    report_time_zone: Annotated[
        Literal["tenant", "warehouse", "UTC"], Meta(description="Where reportTime is local to.")
    ] = "tenant"
    report_zero_measures_omitted: Annotated[bool, Meta(description="Measures of zero are left out.")] = True

    webhook_triggers: Annotated[
        tuple[WebhookTrigger, ...],
        Meta(
            description="What webhooks tell: new document, new status, other changes, deletions with their last state."
        ),
    ] = ("created", "status")
    webhook_delay_seconds: Annotated[Seconds, Meta(description="Time from a change until its webhook is sent.")] = 0
    webhook_retries: Annotated[int, Meta(ge=0, le=10, description="Further attempts after one that failed.")] = 0
    webhook_retry_seconds: Annotated[
        float, Meta(gt=0, description="Time before the first further attempt, doubled for each one after.")
    ] = 60
    webhook_timeout_seconds: Annotated[
        float, Meta(gt=0, le=60, description="How long an answer to a webhook is waited for, by the machine's clock.")
    ] = 10

    fulfilment_shipped_status: Annotated[str, Meta(description="Consignment status after dispatch.")] = "SHIPPED"
    fulfilment_delivered_status: Annotated[
        str, Meta(description="Status of a warehouse fulfilment that has arrived.")
    ] = "DELIVERED_WAREHOUSE_FULFILMENT"
    tracking_touches_order: Annotated[bool, Meta(description="A tracking change moves the order's modified.")] = False
    stock_may_go_negative: Annotated[bool, Meta(description="Staff edits may take more than a lot holds.")] = False


def change_settings(settings: Settings, patch: Mapping[str, Any]) -> Settings:
    """The settings with some of them replaced, null by the default; msgspec.ValidationError names what is wrong."""
    return msgspec.convert(without_nulls({**msgspec.to_builtins(settings), **patch}), Settings)


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """Let go of what null takes back; a name there is not stays, to be refused."""
    known = Settings.__struct_fields__
    return {name: value for name, value in values.items() if value is not None or name not in known}


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


def default_settings() -> dict[str, Any]:
    """Every default, as plain values."""
    defaults: dict[str, Any] = msgspec.to_builtins(Settings())
    return defaults


def explain_settings(settings: Settings, overrides: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What holds under a customer's overrides, and whether default, tenant or customer says so."""
    explained = {}
    defaults, values = default_settings(), msgspec.to_builtins(settings)
    for name, value in values.items():
        origin = "default" if value == defaults[name] else "tenant"
        if name in overrides:
            value, origin = overrides[name], "customer"
        is_per_customer = name in CustomerSettings.__struct_fields__
        explained[name] = {"value": value, "from": origin, "default": defaults[name], "per_customer": is_per_customer}
    return explained
