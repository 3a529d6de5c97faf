"""What a warehouse decides per customer about transport, custom fields, documents and charges."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from cartoncloud_simulator.order_settings import OrderSettings

Price = Annotated[float, Meta(ge=0)]
ChargeClass = Literal["CONSIGNMENT", "MANIFEST", "SALE_ORDER", "PURCHASE_ORDER", "STORAGE_PERIOD", "RUN_SHEET"]
CHARGE_CLASSES: tuple[ChargeClass, ...] = get_args(ChargeClass)
FieldHolder = Literal[
    "order",
    "inbound_order",
    "order_line",
    "stock",
    "consignment",
    "consignment_item",
    "customer",
    "product",
    "transport_product",
]


def _charge_rates() -> dict[ChargeClass, Price]:
    return {
        "CONSIGNMENT": 9.5,
        "MANIFEST": 4,
        "SALE_ORDER": 0.4,
        "PURCHASE_ORDER": 0.25,
        "STORAGE_PERIOD": 1.5,
        "RUN_SHEET": 6,
    }


class ServiceSettings(OrderSettings, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Beyond taking orders in and living with them."""

    consignment_generation: Annotated[
        Literal["off", "on_pack", "on_import"], Meta(description="When an order gets its consignment.")
    ] = "on_pack"
    generated_consignment_type: Annotated[
        Literal["WAREHOUSE_FULFILMENT", "DELIVERY"],
        Meta(description="What an order's consignment is: a third party's parcel, or a drive of the warehouse's own."),
    ] = "WAREHOUSE_FULFILMENT"
    auto_dispatch: Annotated[bool, Meta(description="The crew dispatches what it packed.")] = True
    carrier_name: Annotated[str, Meta(description="Carrier written on new consignments.")] = "Harbour Freight Lines"
    tracking_url: Annotated[str, Meta(description="Tracking link; {tracking} is filled in.")] = (
        "https://track.example/{tracking}"
    )
    packages_per_order: Annotated[int, Meta(ge=1, le=50, description="Packages on a new consignment.")] = 1
    consignments_per_order: Annotated[int, Meta(ge=1, le=20, description="Consignments of one packed order.")] = 1

    stock_fields: Annotated[
        tuple[str, ...],
        Meta(description="Stock custom fields: item properties that restrict the allocation and break reports down."),
    ] = ("expiryDate", "batch", "batchNumber", "sscc", "serial", "receivedWeek")
    report_fields: Annotated[
        tuple[str, ...], Meta(description="Product fields a stock report can be broken down by, besides stock fields.")
    ] = ("barcode",)
    custom_fields: Annotated[
        dict[FieldHolder, tuple[str, ...]],
        Meta(description="The property keys there are, by what holds them; a holder not named knows every key."),
    ] = {}
    unknown_property: Annotated[
        Literal["ignore", "refuse"], Meta(description="A property key that custom_fields does not list.")
    ] = "ignore"
    internal_fields: Annotated[
        tuple[str, ...], Meta(description="Property keys only clients with Internal Field Access see and write.")
    ] = ()

    package_extras: Annotated[
        tuple[Literal["dimensions", "contents"], ...],
        Meta(description="What packages of fulfilments tell besides quantity and weight."),
    ] = ()
    unique_consignment_references: Annotated[
        bool, Meta(description="A consignment's reference cannot be used again for another.")
    ] = True
    rate_card: Annotated[str, Meta(description="Name of the rate card quotes come from; empty means no rate.")] = (
        "Standard"
    )
    quote_undercharges: Annotated[bool, Meta(description="Quotes are refused with a warning of undercharging.")] = False
    charge_rates: Annotated[
        dict[ChargeClass, Price], Meta(description="Price of one unit of work, by charge class.")
    ] = msgspec.field(default_factory=_charge_rates)
    document_uploads_allowed: Annotated[
        bool, Meta(description="Clients of the customer's own may attach documents.")
    ] = True
    unprinted_invoices_hold_dispatch: Annotated[
        bool, Meta(description="The crew leaves an order packed until its attached invoices are printed.")
    ] = True
