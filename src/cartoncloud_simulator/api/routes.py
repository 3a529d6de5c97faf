"""Which path answers with which operation."""

from cartoncloud_simulator.api import (
    consignment_changes,
    consignments,
    customers,
    documents,
    inbound_orders,
    outbound_orders,
    product_patches,
    products,
    report_runs,
    transport_products,
    wire,
)
from cartoncloud_simulator.api.call import Answer, Call, Operation
from cartoncloud_simulator.api.gate import Gate
from cartoncloud_simulator.simulator import Simulator

_JOBS = ("WMS Create Job",)
_CUSTOMERS = ("Add Customer", "TMS Create Job", "WMS Create Job")
_PRODUCT_READERS = ("WMS Add Product", "WMS Edit Product")
_TRANSPORT_JOBS = "TMS Create Job"
_CONSIGNMENT_READERS = ("TMS View Job", _TRANSPORT_JOBS)
_PACKAGES = "TMS Add/Edit Product"
_PACKAGE_READERS = (_PACKAGES, _TRANSPORT_JOBS)

TENANT_PATHS: dict[str, dict[str, Operation]] = {
    "/outbound-orders": {
        "POST": Operation("create_order", outbound_orders.create_order, _JOBS, is_limited=True),
    },
    "/outbound-orders/search": {"POST": Operation("search_orders", outbound_orders.search_orders, _JOBS)},
    "/outbound-orders/{id}": {
        "GET": Operation("get_order", outbound_orders.get_order, _JOBS),
        "DELETE": Operation("delete_order", outbound_orders.delete_order, _JOBS),
    },
    "/inbound-orders": {"POST": Operation("create_inbound_order", inbound_orders.create_order, _JOBS)},
    "/inbound-orders/search": {"POST": Operation("search_inbound_orders", inbound_orders.search_orders, _JOBS)},
    "/inbound-orders/{id}": {
        "GET": Operation("get_inbound_order", inbound_orders.get_order, _JOBS),
        "DELETE": Operation("delete_inbound_order", inbound_orders.delete_order, _JOBS),
    },
    "/outbound-orders/{id}/documents": {
        "GET": Operation("list_documents", documents.list_of_order, _JOBS),
        "POST": Operation("attach_document", documents.attach_to_order, _JOBS),
    },
    "/outbound-orders/{id}/documents/{document}": {
        "GET": Operation("get_document", documents.get_of_order, _JOBS),
    },
    "/outbound-orders/{id}/documents/{document}/download": {
        "GET": Operation("download_document", documents.download_of_order, _JOBS),
    },
    "/documents": {"POST": Operation("attach_any_document", documents.attach, (*_JOBS, _TRANSPORT_JOBS))},
    "/consignments": {
        "POST": Operation("create_consignment", consignment_changes.create_consignment, (_TRANSPORT_JOBS,)),
    },
    "/consignments/quote": {
        "POST": Operation("quote_consignment", consignment_changes.quote_consignment, (_TRANSPORT_JOBS,)),
    },
    "/consignments/search": {
        "POST": Operation("search_consignments", consignments.search_consignments, _CONSIGNMENT_READERS),
    },
    "/consignments/{id}": {
        "GET": Operation("get_consignment", consignments.get_consignment, _CONSIGNMENT_READERS),
        "PUT": Operation("replace_consignment", consignment_changes.replace_consignment, (_TRANSPORT_JOBS,)),
    },
    "/consignments/{id}/documents": {
        "GET": Operation("list_consignment_documents", documents.list_of_consignment, _CONSIGNMENT_READERS),
        "POST": Operation("attach_consignment_document", documents.attach_to_consignment, (_TRANSPORT_JOBS,)),
    },
    "/consignments/{id}/documents/{document}": {
        "GET": Operation("get_consignment_document", documents.get_of_consignment, _CONSIGNMENT_READERS),
    },
    "/products": {
        "GET": Operation("list_transport_products", transport_products.list_products, _PACKAGE_READERS),
        "POST": Operation("create_transport_product", transport_products.create_product, (_PACKAGES,)),
    },
    "/products/{id}": {
        "GET": Operation("get_transport_product", transport_products.get_product, _PACKAGE_READERS),
    },
    "/report-runs": {"POST": Operation("start_report", report_runs.start_report, report_runs.ROLES)},
    "/report-runs/{id}": {"GET": Operation("get_report", report_runs.get_report, report_runs.ROLES)},
    "/customers": {
        "GET": Operation("list_customers", customers.list_customers, _CUSTOMERS),
        "POST": Operation("create_customer", customers.create_customer, ("Add Customer",)),
    },
    "/customers/{id}": {"GET": Operation("get_customer", customers.get_customer, _CUSTOMERS)},
    "/warehouse-products": {
        "GET": Operation("list_products", products.list_products, _PRODUCT_READERS),
        "POST": Operation("create_product", products.create_product, ("WMS Add Product",)),
    },
    "/warehouse-products/search": {
        "POST": Operation("search_products", products.search_products, _PRODUCT_READERS),
    },
    "/warehouse-products/{id}": {
        "GET": Operation("get_product", products.get_product, _PRODUCT_READERS),
        "PUT": Operation("replace_product", products.replace_product, ("WMS Edit Product",)),
        "PATCH": Operation("patch_product", product_patches.patch_product, ("WMS Edit Product",)),
    },
}


def list_paths(simulator: Simulator) -> dict[str, dict[str, Operation]]:
    """Every public path with its operations by method."""
    tokens = simulator.tokens
    return {
        **{f"/tenants/{{tenant}}{path}": operations for path, operations in TENANT_PATHS.items()},
        "/uaa/oauth/token": {"POST": Operation("token", tokens.issue, is_open=True)},
        "/uaa/oauth/authorize": {"GET": Operation("authorize", tokens.authorize, is_open=True)},
        "/uaa/userinfo": {"GET": Operation("userinfo", _userinfo)},
    }


def build_gate(simulator: Simulator) -> Gate:
    """What is below a tenant but unknown passes the same gate to its 404."""
    return Gate(simulator, list_paths(simulator))


def _userinfo(call: Call) -> Answer:
    tenant = call.world.tenant
    document = {
        "id": call.client.id,
        "name": call.client.name,
        "email": "integration@northside.example",
        "tenants": [{"id": tenant.id, "name": tenant.name, "slug": tenant.slug}],
    }
    return Answer(200, wire.encode(document))
