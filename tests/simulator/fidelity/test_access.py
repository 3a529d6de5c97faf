"""Versions, tokens, roles and scopes."""

import base64
import json

import pytest

from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import NOBODY, UUID, Tenant, call, own, references
from tests.simulator.fidelity.products import product

GRANT = {"grant_type": "client_credentials"}


PATHS = ["/customers", "/warehouse-products", f"/outbound-orders/{NOBODY}", f"/report-runs/{NOBODY}"]


RESOURCES = ["outbound-orders", "consignments", "warehouse-products"]


@pytest.mark.fidelity("2-version-required", "2-missing-version", "4.7-malformed")
@pytest.mark.parametrize("path", PATHS)
def test_every_resource_wants_a_version(api: Caller, path: str) -> None:
    refused = call(api, "GET", path, Accept_Version=None)
    assert (refused.status_code, len(refused.json())) == (400, 1)
    assert "Accept-Version" in refused.json()[0]["message"]
    assert call(api, "GET", path, Accept_Version="1").status_code in (200, 404)


@pytest.mark.fidelity("2-bad-version", "22-versions", "21-version-choice", "4.7-not-acceptable")
def test_a_bad_version_has_one_of_three_statuses(api: Caller) -> None:
    assert call(api, "GET", "/customers", Accept_Version="99").status_code == 406
    for status in (400, 404, 406):
        api.running.control.set(bad_version_status=status)
        for bad in ("0", "9", "-1", "one", "1.0"):
            response = call(api, "GET", "/customers", Accept_Version=bad)
            assert (response.status_code, len(response.json())) == (status, 1)


@pytest.mark.fidelity("2-later-versions", "2-only-products-differ")
def test_versions_one_to_eight_answer_alike_but_for_products(stocked: Caller) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    paths = [f"/outbound-orders/{order['id']}", "/customers", f"/customers/{stocked.running.customer_id}"]
    for path in paths:
        answers = {call(stocked, "GET", path, Accept_Version=str(version)).text for version in range(1, 9)}
        assert len(answers) == 1
        assert call(stocked, "GET", path, Accept_Version="8").status_code == 200


@pytest.mark.fidelity(
    "3.1-path", "3.1-basic-and-form", "3.1-no-version", "3.1-keys", "3.1-bearer-hour", "3.1-no-refresh"
)
def test_a_token_is_got_with_basic_and_a_form(api: Caller) -> None:
    pair = (api.running.client_id, api.running.client_secret)
    del api.http.headers["Accept-Version"], api.http.headers["Authorization"]
    response = api.http.post("/uaa/oauth/token", data=GRANT, auth=pair)
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert api.http.post("/uaa/oauth/token", data={}, auth=pair).status_code == 400
    assert api.http.post("/uaa/oauth/token", json=GRANT, auth=pair).status_code == 400
    in_form = {**GRANT, "client_id": pair[0], "client_secret": pair[1]}
    assert api.http.post("/uaa/oauth/token", data=in_form).status_code == 401


@pytest.mark.fidelity("3.1-jwt")
def test_the_token_is_a_jwt(api: Caller) -> None:
    token = api.http.headers["Authorization"].removeprefix("Bearer ")
    head, payload, signature = token.split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "RS256"
    assert len(base64.urlsafe_b64decode(signature + "==")) == 256
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert (claims["scope"], claims["iss"], claims["client_id"]) == (["api"], "cc-api", api.running.client_id)
    assert {"exp", "jti", "user"} <= set(claims)
    assert isinstance(claims["user"], dict)


@pytest.mark.fidelity("3.1-wrong-credentials", "3.1-wrong-credentials-body")
@pytest.mark.parametrize(("user", "secret"), [("known", "wrong"), ("nobody", "known"), ("", "")])
def test_wrong_credentials(api: Caller, user: str, secret: str) -> None:
    pair = (user.replace("known", api.running.client_id), secret.replace("known", api.running.client_secret))
    response = api.http.post("/uaa/oauth/token", data=GRANT, auth=pair)
    assert response.status_code == 401
    assert response.json() == {"error": "unauthorized", "error_description": "Bad credentials"}


@pytest.mark.fidelity("3.1-bearer-required", "3.1-garbage", "3.1-invalid-token-body", "4.7-unauthorized")
def test_only_a_bearer_of_ours_gets_in(api: Caller) -> None:
    good = api.http.headers["Authorization"]
    for bad in (None, "", "Bearer", "Bearer x.y.z", good[:-3] + "AAA", good.replace("Bearer", "Token")):
        response = call(api, "GET", "/customers", Authorization=bad)
        assert response.status_code == 401
        assert set(response.json()) == {"error", "error_description"}
    assert call(api, "GET", "/customers", Authorization="Bearer x.y.z").json()["error"] == "invalid_token"
    api.running.control.set(auth_error_form="array")
    (error,) = call(api, "GET", "/customers", Authorization="Bearer x.y.z").json()
    assert set(error) == {"message"}


@pytest.mark.fidelity("3.1-expired")
def test_a_token_ends_with_its_time(api: Caller) -> None:
    api.running.control.set(token_seconds=1)
    api.renew_token((api.running.client_id, api.running.client_secret))
    api.running.clock.advance(seconds=2)
    response = api.get("/customers")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


@pytest.mark.fidelity("3.1-rotation")
def test_new_credentials_end_the_old(api: Caller, tenant: Tenant) -> None:
    made = tenant.control.post("/clients", {})
    pair = (made["id"], made["secret"])
    with Caller(api.running, pair) as other:
        assert other.get("/customers").status_code == 200
        fresh = tenant.control.post(f"/clients/{made['id']}/rotate")["secret"]
        assert other.get("/customers").status_code == 401
        assert other.http.post("/uaa/oauth/token", data=GRANT, auth=pair).status_code == 401
        other.renew_token((made["id"], fresh))
        assert other.get("/customers").status_code == 200


@pytest.mark.fidelity("3.2-path", "3.2-keys", "3.2-slug", "3.2-no-roles")
def test_userinfo(api: Caller) -> None:
    response = api.http.get("/uaa/userinfo")
    assert response.status_code == 200
    info = response.json()
    assert set(info) == {"id", "name", "email", "tenants"}
    (home,) = info["tenants"]
    assert set(home) == {"id", "name", "slug"}
    assert (info["id"], home["id"]) == (UUID, api.running.tenant_id)
    assert api.get("/uaa/userinfo").status_code == 404
    del api.http.headers["Accept-Version"]
    assert api.http.get("/uaa/userinfo").status_code == 400


@pytest.mark.fidelity("3.3-scope-customers", "3.3-out-of-scope", "21-default-scope")
def test_a_client_sees_its_customers_alone(stocked: Caller, tenant: Tenant) -> None:
    order = stocked.create("SO-1", line("A", 1)).json()
    product_id = order["items"][0]["details"]["product"]["id"]
    scoped = tenant.client(customers=[tenant.customer()])
    for what in RESOURCES:
        assert own(scoped, what).json() == []
    hidden = [f"/outbound-orders/{order['id']}", f"/warehouse-products/{product_id}"]
    hidden.append(f"/customers/{stocked.running.customer_id}")
    for status in (404, 403):
        tenant.control.set(out_of_scope_status=status)
        assert [scoped.get(path).status_code for path in hidden] == [status] * 3
        assert scoped.delete(hidden[0]).status_code == status
    assert scoped.create("SO-2", line("A", 1)).json()[0]["field"] == "/customer"
    tenant.control.set(out_of_scope_status=404)


@pytest.mark.fidelity("3.3-scope-warehouses")
def test_a_client_sees_its_warehouses_alone(stocked: Caller, tenant: Tenant) -> None:
    there = tenant.warehouse()
    order_id = stocked.create("SO-1", line("A", 1)).json()["id"]
    scoped = tenant.client(warehouses=[there])
    assert own(scoped, "outbound-orders").json() == []
    assert scoped.get(f"/outbound-orders/{order_id}").status_code == 404
    here = {"id": stocked.running.warehouse_id}
    assert scoped.create("SO-2", line("A", 1), warehouse=here).json()[0]["field"] == "/warehouse"
    stocked.running.control.add_stock(stocked.running.customer_id, "A", 5, warehouse=there)
    assert scoped.create("SO-3", line("A", 1), warehouse={"id": there}).status_code == 201
    assert references(own(scoped, "outbound-orders")) == ["SO-3"]


@pytest.mark.fidelity("3.3-wms-create-outbound", "11.1-role", "3.3-missing-role", "4.7-forbidden")
def test_outbound_orders_need_wms_create_job(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    order_id = stocked.create("SO-1", line("A", 1)).json()["id"]
    others = ["WMS Add Product", "WMS Edit Product", "TMS Create Job", "Add Customer", "Internal Field Access"]
    without = tenant.client(*others)
    path = f"/outbound-orders/{order_id}"
    refused = [without.create("SO-2", line("A", 1)), without.get(path), own(without, "outbound-orders")]
    refused.append(without.delete(path))
    assert [answer.status_code for answer in refused] == [403] * 4
    assert all(set(answer.json()[0]) == {"message"} for answer in refused)
    able = tenant.client("WMS Create Job")
    assert able.create("SO-2", line("A", 1)).status_code == 201
    assert (able.get(path).status_code, references(own(able, "outbound-orders"))) == (200, ["SO-1", "SO-2"])
    assert able.delete(path).status_code == 204


@pytest.mark.fidelity("3.3-wms-create-customers", "8-read-roles")
def test_customers_are_read_with_any_of_three_roles(api: Caller, tenant: Tenant) -> None:
    one = f"/customers/{api.running.customer_id}"
    for role in ("WMS Create Job", "TMS Create Job", "Add Customer"):
        able = tenant.client(role)
        assert (able.get("/customers").status_code, able.get(one).status_code) == (200, 200)
    for role in ("TMS View Job", "WMS Add Product", "WMS Edit Product", "Internal Field Access"):
        without = tenant.client(role)
        assert (without.get("/customers").status_code, without.get(one).status_code) == (403, 403)


@pytest.mark.fidelity("3.3-wms-create-report", "14.2-role")
def test_the_stock_report_needs_wms_create_job(api: Caller, tenant: Tenant) -> None:
    body = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": api.running.customer_id}}}
    assert tenant.client("TMS Create Job", "Add Customer").post("/report-runs", body).status_code == 403
    assert tenant.client("WMS Create Job").post("/report-runs", body).status_code == 201


@pytest.mark.fidelity("3.3-wms-add-product", "3.3-wms-edit-product")
def test_adding_and_editing_products_are_two_roles(api: Caller, tenant: Tenant) -> None:
    adds, edits = tenant.client("WMS Add Product"), tenant.client("WMS Edit Product")
    patch = [{"op": "replace", "path": "/name", "value": "Renamed"}]
    assert edits.post("/warehouse-products", product(api)).status_code == 403
    made = adds.post("/warehouse-products", product(api))
    assert made.status_code == 201
    path = f"/warehouse-products/{made.json()['id']}"
    assert adds.patch(path, patch).status_code == 403
    assert (adds.get(path).json()["name"], edits.get(path).json()["name"]) == ("Product P", "Product P")
    assert edits.patch(path, patch).status_code == 200
    assert adds.get(path).json()["name"] == "Renamed"
    assert tenant.client("TMS Create Job", "Add Customer").get(path).status_code == 403


@pytest.mark.fidelity("3.3-tms-view", "3.3-tracking-needs-view", "3.3-tms-create-views", "13-kinds")
def test_consignments_are_read_with_tms_view_job(stocked: Caller, tenant: Tenant) -> None:
    order_id = stocked.create("SO-1", line("A", 1)).json()["id"]
    tenant.control.post(f"/orders/{order_id}/dispatch")
    (found,) = own(stocked, "consignments").json()
    assert found["details"]["type"] == "WAREHOUSE_FULFILMENT"
    path = f"/consignments/{found['id']}"
    for role in ("TMS View Job", "TMS Create Job"):
        able = tenant.client(role)
        assert able.get(path).json()["references"]["tracking"] == found["references"]["tracking"]
        assert own(able, "consignments").json() == [found]
    without = tenant.client("WMS Create Job", "WMS Add Product", "Add Customer")
    assert (without.get(path).status_code, own(without, "consignments").status_code) == (403, 403)


@pytest.mark.fidelity("3.3-import-needs-transport")
def test_consignments_on_import_need_the_transport_role(stocked: Caller, tenant: Tenant) -> None:
    tenant.customise(consignment_generation="on_import")
    only_orders = tenant.client("WMS Create Job")
    assert only_orders.create("SO-1", line("A", 1)).status_code == 403
    assert own(stocked, "outbound-orders").json() == []
    assert tenant.client("WMS Create Job", "TMS Create Job").create("SO-1", line("A", 1)).status_code == 201
    tenant.customise(consignment_generation="on_pack")
    assert only_orders.create("SO-2", line("A", 1)).status_code == 201
