"""What is offered under a tenant, and what is not; customers."""

import pytest

from cartoncloud_simulator.api.routes import TENANT_PATHS
from tests.simulator.caller import Caller
from tests.simulator.fidelity.calls import NOBODY, UUID, Tenant, call, shows


@pytest.mark.fidelity("3.3-add-customer", "8-create", "8-create-name", "8-create-answer")
def test_customers_are_created_by_internal_clients(api: Caller, tenant: Tenant) -> None:
    body = {
        "scope": "CUSTOMER",
        "name": f"Name {api.running.customer_id}",
        "references": {"code": "NEW"},
        "email": "ops@example.test",
        "telephone": "07",
        "warehouses": [{"id": api.running.warehouse_id}],
    }
    assert tenant.client("Add Customer", internal=False).post("/customers", body).status_code == 403
    assert tenant.client("WMS Create Job").post("/customers", body).status_code == 403
    able = tenant.client("Add Customer")
    made = able.post("/customers", body)
    assert made.status_code == 201
    answer = made.json()
    (warehouse,) = answer.pop("warehouses")
    assert answer == {**{name: body[name] for name in body if name != "warehouses"}, "enabled": True, "id": UUID}
    assert warehouse == {"enabled": True, "name": warehouse["name"], "id": api.running.warehouse_id}
    assert able.get(f"/customers/{answer['id']}").json() == {"id": answer["id"], "name": body["name"]}
    assert able.post("/customers", {"name": f"Bare {answer['id']}"}).status_code == 201
    assert able.post("/customers", {"scope": "CUSTOMER"}).json()[0]["field"] == "/name"


@pytest.mark.fidelity("8-list", "8-get", "8-pages")
def test_customers_are_listed_by_id_and_name(api: Caller, tenant: Tenant) -> None:
    mine = api.running.customer_id
    scoped = tenant.client(customers=[mine])
    response = scoped.get("/customers")
    (only,) = response.json()
    assert set(only) == {"id", "name"}
    assert only["id"] == mine
    assert response.headers["Total-Elements"] == "1"
    assert scoped.get(f"/customers/{mine}").json() == only
    assert mine in [found["id"] for found in api.get("/customers").json()]


@pytest.mark.parametrize(
    "paths",
    [
        shows("9-none", ["/warehouses", "/product-types", "/product-statuses", "/unit-of-measures", "/custom-fields"]),
        shows("9-locations", ["/warehouse-locations", "/locations"]),
        shows("5-no-locations", ["/warehouse-locations/search"]),
        shows("17-no-list", ["/custom-fields", "/custom-fields/search"]),
        shows("18-no-endpoints", ["/stock", "/stock-adjustments", "/transfers", "/stocktakes", "/holds", "/serials"]),
        shows("20-no-feed", ["/changes", "/events", "/feed", "/outbound-orders/changes"]),
        shows("24-stock", ["/stock-movements", "/adjustments"]),
        shows("24-webhooks", ["/webhooks", "/webhook-subscriptions"]),
        shows("24-bulk", ["/outbound-orders/bulk", "/inbound-orders/bulk", "/warehouse-products/bulk"]),
    ],
)
def test_what_is_not_offered_has_no_path(api: Caller, paths: list[str]) -> None:
    for path in paths:
        answers = [call(api, method, path, None if method == "GET" else {}) for method in ("GET", "POST")]
        assert all(answer.status_code in (404, 405) for answer in answers), path


@pytest.mark.fidelity("4.1-tenant-path", "4.1-foreign-tenant")
def test_another_tenant_is_refused(api: Caller) -> None:
    assert api.running.tenant_id == UUID
    for status in (404, 403):
        api.running.control.set(foreign_tenant_status=status)
        assert api.http.get(f"/tenants/{NOBODY}/customers").status_code == status
    assert api.http.get("/customers").status_code == 404


@pytest.mark.fidelity("4.1-json", "5-array", "5-message-always", "4.7-not-found", "4.7-method")
def test_answers_are_json_and_errors_are_arrays(api: Caller) -> None:
    good = api.get("/customers")
    assert good.headers["Content-Type"] == "application/json"
    refused = [
        (404, call(api, "GET", f"/outbound-orders/{NOBODY}")),
        (404, call(api, "GET", "/nowhere")),
        (405, call(api, "PUT", f"/outbound-orders/{NOBODY}", {})),
        (405, call(api, "DELETE", "/customers")),
        (422, call(api, "POST", "/outbound-orders", {})),
        (400, api.http.post(f"{api.tenant}/outbound-orders", content=b"{")),
    ]
    for status, response in refused:
        assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json")
        errors = response.json()
        assert isinstance(errors, list)
        assert errors
        assert all(isinstance(error["message"], str) and error["message"] for error in errors)


OFFERED = {
    "/customers": "get post",
    "/customers/{id}": "get",
    "/warehouse-products": "get post",
    "/warehouse-products/search": "post",
    "/warehouse-products/{id}": "get patch put",
    "/outbound-orders": "post",
    "/outbound-orders/search": "post",
    "/outbound-orders/{id}": "delete get",
    "/outbound-orders/{id}/documents": "get post",
    "/outbound-orders/{id}/documents/{document}": "get",
    "/outbound-orders/{id}/documents/{document}/download": "get",
    "/inbound-orders": "post",
    "/inbound-orders/search": "post",
    "/inbound-orders/{id}": "delete get",
    "/consignments": "post",
    "/consignments/search": "post",
    "/consignments/quote": "post",
    "/consignments/{id}": "get put",
    "/consignments/{id}/documents": "get post",
    "/consignments/{id}/documents/{document}": "get",
    "/documents": "post",
    "/products": "get post",
    "/products/{id}": "get",
    "/report-runs": "post",
    "/report-runs/{id}": "get",
}


@pytest.mark.fidelity(
    "9-none", "9-locations", "12.1-no-documents", "17-no-list", "18-no-endpoints", "20-no-feed", "24-stock",
    "24-webhooks", "24-bulk", "24-documents", "24-orders", "10.4-no-delete",
)  # fmt: skip
def test_nothing_else_is_offered() -> None:
    offered = {path: " ".join(sorted(method.lower() for method in TENANT_PATHS[path])) for path in TENANT_PATHS}
    assert offered == OFFERED
