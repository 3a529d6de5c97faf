"""Declares the CartonCloud connector."""

from collections.abc import Mapping

from dockline.connectors.cartoncloud.client import CREATE_ORDER_PACE
from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.connectors.cartoncloud.references import REFERENCES
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import (
    Confirmation,
    ConnectorSpec,
    Limits,
    Mappings,
    MeasuredIn,
    Measures,
    Offer,
    Pace,
    Rhythm,
    Status,
    WebhookKind,
    Webhooks,
)

JITTER_SECONDS = 3.0


def _paces(settings: CartonCloudSettings) -> Mapping[str, Pace]:
    if not settings.orders_per_minute:
        return {}
    # The far side counts a rolling minute by when requests arrive. Sixty seconds' worth exactly would put one too many
    # into that minute whenever the first is slower on its way than the last.
    return {CREATE_ORDER_PACE: Pace(seconds_between=(60 + JITTER_SECONDS) / settings.orders_per_minute)}


def _overlap(settings: CartonCloudSettings) -> str:
    minutes = "1 minute" if settings.overlap_minutes == 1 else f"{settings.overlap_minutes} minutes"
    return f"each run looks back {minutes} behind the newest change seen"


def _ask_for_webhooks(settings: CartonCloudSettings) -> str:
    return (
        f"Please switch on the standard webhooks for our customer {settings.customer_name} (tenant "
        f"{settings.tenant_id}): an HTTP POST of the document as JSON, as the API would return it, for each of the "
        "entities below to its own address. Any answer from 200 to 299 means that we have it; please send again what "
        "was answered otherwise or not at all."
    )


_MINUTE, _HOUR = 60, 3600
_RHYTHMS = {
    Capability.RECEIVE_SHIPMENTS: Rhythm(
        (_MINUTE, 2 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR),
        2 * _MINUTE,
        _overlap,
        safety_seconds=_HOUR,
    ),
    Capability.RECEIVE_INVENTORY: Rhythm(
        (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, 24 * _HOUR),
        15 * _MINUTE,
        lambda settings: "each run reads all stock",
    ),
    Capability.LIST_SHIPMENTS: Rhythm(
        (_HOUR, 6 * _HOUR, 24 * _HOUR),
        _HOUR,
        lambda settings: "each run compares the last 48 hours, once a day the last 30 days",
        safety_seconds=_HOUR,
    ),
    Capability.RECEIVE_RECEIPTS: Rhythm(
        (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR), 15 * _MINUTE, _overlap, safety_seconds=_HOUR
    ),
    Capability.EXPORT_PRODUCTS: Rhythm(
        (15 * _MINUTE, _HOUR, 6 * _HOUR, 24 * _HOUR), _HOUR, lambda settings: "each run sends what has changed here"
    ),
    Capability.IMPORT_PRODUCTS: Rhythm((15 * _MINUTE, _HOUR, 6 * _HOUR, 24 * _HOUR), _HOUR, _overlap),
}

_WHEN = "created, and every change of status"
_WEBHOOKS = Webhooks(
    kinds=(
        WebhookKind("outbound-orders", "Sale orders", _WHEN, Capability.RECEIVE_SHIPMENTS),
        WebhookKind("inbound-orders", "Purchase orders", _WHEN, Capability.RECEIVE_RECEIPTS),
        WebhookKind("consignments", "Consignments", _WHEN, Capability.RECEIVE_SHIPMENTS),
    ),
    header="X-Api-Key",
    query="key",
    request=_ask_for_webhooks,
)

SPEC = ConnectorSpec(
    key="cartoncloud",
    label="CartonCloud",
    status=Status.PREVIEW,
    settings=CartonCloudSettings,
    capabilities=frozenset(
        {
            Capability.CHECK,
            Capability.EXPORT_SHIPMENTS,
            Capability.CANCEL_SHIPMENTS,
            Capability.RECEIVE_SHIPMENTS,
            Capability.LIST_SHIPMENTS,
            Capability.RECEIVE_INVENTORY,
            Capability.EXPORT_PRODUCTS,
            Capability.IMPORT_PRODUCTS,
            Capability.RECEIVE_RECEIPTS,
            Capability.EXPORT_PURCHASES,
            Capability.CANCEL_PURCHASES,
            Capability.LIST_PURCHASES,
        }
    ),
    open=CartonCloud,
    limits=Limits(lots=False, partial_cancel=False),
    mappings=Mappings(skus=True, carriers=True, references=REFERENCES),
    paces=_paces,
    rhythms=_RHYTHMS,
    origin=lambda settings: settings.api_url,
    personal_keys=frozenset(
        {
            "companyName",
            "contactName",
            "address1",
            "address2",
            "suburb",
            "city",
            "postcode",
            "phone",
            "telephone",
            "email",
            "location",
            "instructions",
        }
    ),
    offers=frozenset(
        {
            Offer.SUPPRESSES_PERSONAL,
            Offer.RECEIVES_LOTS,
        }
    ),
    personal_parts=("phone", "email", "instructions"),
    confirmations=(
        Confirmation(
            "shortage",
            "When stock is short, an order is rejected whole",
            "The customer's settings there can instead drop the line or assign what there is, with only a warning in "
            "their log. An order would then ship smaller than it was sent.",
        ),
        Confirmation(
            "unknown_product",
            "An order with an unknown or blank product code is rejected whole",
            "The settings there can instead drop the line.",
        ),
        Confirmation(
            "units",
            "An order with an invalid unit of measure is rejected whole",
            "The settings there can instead fall back to the default unit: twelve pieces could become twelve cartons.",
        ),
        Confirmation(
            "same_reference",
            "An order whose reference is already there is refused",
            "The settings there can instead delete the older order and make a new one.",
        ),
    ),
    webhooks=_WEBHOOKS,
    measures=Measures(
        MeasuredIn.STATIC,
        sizes=("m", "cm", "in", "ft"),
        weights=("kg", "t", "lb", "ton"),
        advice="The numbers there carry no unit and are never converted: it is a setting of the warehouse company's "
        "account that no call can read. Ask them, and choose the same here.",
    ),
    setup_steps=(
        "Ask the warehouse company's administrator for an API Client that sees your customer and your warehouse.",
        "Have it given the roles WMS Create Job, WMS Add Product, WMS Edit Product and TMS View Job; TMS Create Job "
        "too if consignments are generated from sale orders.",
        "Have it activated, and receive the Client Id, the Client Secret and the Tenant Id.",
        "Ask how your customer and your warehouse are written there, letter by letter.",
        "Ask in which units sizes and weights of products are kept there; choose the same under Advanced.",
        "Go through the customer's import settings with them: an order must be rejected whole, never silently changed.",
    ),
)
