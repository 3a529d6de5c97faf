"""What each operation takes and gives, by its name in the route table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cartoncloud_simulator.openapi import examples, resources
from cartoncloud_simulator.openapi.shapes import OnlyId, Search
from cartoncloud_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Contract:
    """Several shapes are alternatives; `also` are refusals beyond those every operation of its kind has."""

    about: str
    gives: dict[int, Any]
    takes: Any = None
    also: tuple[int, ...] = ()
    is_page: bool = False
    prefers: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    example: Callable[[World], Any] | None = None


# What `multipart_upload_status` may be; the real service is said to give a 500.
_MULTIPART = (415, 500)


def _search(what: str, shape: Any, *, minimal: bool = True) -> Contract:
    found = (list[shape], list[OnlyId]) if minimal else list[shape]
    prefers = ("return=minimal",) if minimal else ()
    return Contract(f"Search {what}", {200: found}, Search, is_page=True, prefers=prefers, example=examples.search)


def _documents(owner: str) -> Contract:
    listed = (list[resources.Document], list[OnlyId])
    return Contract(f"The documents of {owner}", {200: listed}, is_page=True, prefers=("return=minimal",))


def _attach(owner: str) -> Contract:
    return Contract(
        f"Attach a document to {owner}",
        {201: resources.Document},
        resources.NewDocument,
        also=_MULTIPART,
        example=examples.document,
    )


CONTRACTS: dict[str, Contract] = {
    "userinfo": Contract("Who the token stands for", {200: resources.UserInfo}),
    "create_order": Contract(
        "Create an outbound order; 228 means it is rejected",
        {201: resources.OutboundOrder, 228: resources.OutboundOrder},
        resources.NewOutboundOrder,
        also=(409,),
        example=examples.outbound_order,
    ),
    "get_order": Contract("One outbound order", {200: resources.OutboundOrder}, also=(410,)),
    "search_orders": _search("outbound orders", resources.OutboundOrder),
    "delete_order": Contract("Cancel an outbound order by deleting it", {204: None}, also=(409, 410, 422)),
    "get_consignment": Contract("One consignment", {200: resources.Consignment}, prefers=("return=no-items",)),
    "search_consignments": _search("consignments", resources.Consignment),
    "create_inbound_order": Contract(
        "Create an inbound order; 228 means it is rejected",
        {201: resources.InboundOrder, 228: resources.InboundOrder},
        resources.NewInboundOrder,
        also=(409,),
        example=examples.inbound_order,
    ),
    "get_inbound_order": Contract(
        "One inbound order", {200: resources.InboundOrder}, also=(410,), prefers=("return=no-items",)
    ),
    "search_inbound_orders": _search("inbound orders", resources.InboundOrder),
    "delete_inbound_order": Contract("Cancel an inbound order by deleting it", {204: None}, also=(409, 410, 422)),
    "create_consignment": Contract(
        "Create a consignment",
        {201: resources.Consignment},
        resources.NewConsignment,
        also=(409,),
        example=examples.consignment,
    ),
    "replace_consignment": Contract(
        "Replace a consignment; status CANCELLED cancels it",
        {200: resources.Consignment},
        resources.ChangedConsignment,
        also=(409, 412),
        headers={"If-Match": "The version the caller has read."},
        example=examples.consignment,
    ),
    "quote_consignment": Contract(
        "What a consignment would cost", {200: resources.Quote}, resources.QuoteRequest, example=examples.consignment
    ),
    "list_documents": _documents("an outbound order"),
    "list_consignment_documents": _documents("a consignment"),
    "attach_document": _attach("an outbound order"),
    "attach_consignment_document": _attach("a consignment"),
    "attach_any_document": Contract(
        "Attach a document to what the body names",
        {201: resources.Document},
        resources.NewOwnedDocument,
        also=_MULTIPART,
    ),
    "get_document": Contract("A document of an outbound order with its content", {200: resources.Document}),
    "get_consignment_document": Contract("A document of a consignment with its content", {200: resources.Document}),
    "download_document": Contract("The file itself", {200: bytes}),
    "list_transport_products": Contract("Kinds of packages", {200: list[resources.TransportProduct]}, is_page=True),
    "get_transport_product": Contract("One kind of package", {200: resources.TransportProduct}),
    "create_transport_product": Contract(
        "Create a kind of package", {201: resources.TransportProduct}, resources.NewTransportProduct
    ),
    "start_report": Contract(
        "Start a report run", {201: resources.ReportRun}, resources.NewReportRun, example=examples.report_run
    ),
    "get_report": Contract("One report run; its rows by page", {200: resources.ReportRun}, is_page=True),
    "list_customers": Contract("The customers the client may see", {200: list[resources.Customer]}, is_page=True),
    "get_customer": Contract("One customer", {200: resources.Customer}),
    "create_customer": Contract("Create a customer", {201: resources.FullCustomer}, resources.NewCustomer),
    "list_products": Contract("Warehouse products", {200: list[resources.Product]}, is_page=True),
    "search_products": _search("warehouse products", resources.Product, minimal=False),
    "get_product": Contract("One warehouse product", {200: resources.Product}),
    "create_product": Contract(
        "Create a warehouse product",
        {201: resources.Product},
        resources.NewProduct,
        also=(409,),
        example=examples.product,
    ),
    "replace_product": Contract(
        "Replace a warehouse product", {200: resources.Product}, resources.NewProduct, also=(405, 409)
    ),
    "patch_product": Contract(
        "Patch a warehouse product", {200: resources.Product}, list[resources.PatchStep], also=(409,)
    ),
}
