"""Who gets in: tokens, versions, tenants, roles, scopes."""

import base64
import json

import pytest

from cartoncloud_simulator.testing import ControlError, RunningSimulator
from tests.simulator.caller import Caller, line


def test_the_token_looks_like_a_signed_jwt_and_lives_an_hour(cartoncloud: RunningSimulator, api: Caller) -> None:
    response = api.http.post(
        "/uaa/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(cartoncloud.client_id, cartoncloud.client_secret),
    )
    token = response.json()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 3600)
    head, payload, _ = token["access_token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "RS256"
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims.keys() == {"scope", "iss", "exp", "user", "jti", "client_id"}
    assert (claims["scope"], claims["iss"], claims["client_id"]) == (["api"], "cc-api", cartoncloud.client_id)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://hub.example/"}, "invalid_grant"),
    ],
)
def test_a_token_form_that_asks_for_nothing_known_is_400(api: Caller, form: dict[str, str], error: str) -> None:
    pair = (api.running.client_id, api.running.client_secret)
    response = api.http.post("/uaa/oauth/token", data=form, auth=pair)
    assert (response.status_code, response.json()["error"]) == (400, error)
    api.running.control.set(token_error_form="array")
    assert api.http.post("/uaa/oauth/token", data=form, auth=pair).json()[0].keys() == {"message"}


def test_the_token_call_reads_forms_only_and_needs_no_version(api: Caller) -> None:
    pair = (api.running.client_id, api.running.client_secret)
    del api.http.headers["Accept-Version"]
    wanted = {"grant_type": "client_credentials"}
    assert api.http.post("/uaa/oauth/token", json=wanted, auth=pair).status_code == 400
    assert api.http.post("/uaa/oauth/token", data=wanted, auth=pair).status_code == 200
    in_form = {**wanted, "client_id": pair[0], "client_secret": pair[1]}
    api.http.headers.pop("Authorization")
    assert api.http.post("/uaa/oauth/token", data=in_form).status_code == 401
    api.running.control.set(token_credentials_in_form=True)
    assert api.http.post("/uaa/oauth/token", data=in_form).status_code == 200


def test_an_authorization_code_is_good_for_one_token(api: Caller) -> None:
    back = "https://hub.example/back?from=cc"
    asked = {"response_type": "code", "client_id": api.running.client_id, "redirect_uri": back, "state": "s"}
    sent_back = api.http.get("/uaa/oauth/authorize", params=asked)
    assert sent_back.status_code == 302
    code, state = (part.partition("=")[2] for part in sent_back.headers["Location"].split("&")[1:])
    assert (sent_back.headers["Location"].startswith(back), state) == (True, "s")
    pair = (api.running.client_id, api.running.client_secret)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    assert api.http.post("/uaa/oauth/token", data=form, auth=pair).status_code == 200
    assert api.http.post("/uaa/oauth/token", data=form, auth=pair).json()["error"] == "invalid_grant"
    assert api.http.get("/uaa/oauth/authorize", params={**asked, "client_id": "x"}).status_code == 401
    assert api.http.get("/uaa/oauth/authorize", params={**asked, "response_type": "token"}).status_code == 400


def test_roles_can_be_taken_while_a_token_is_out(api: Caller) -> None:
    path = f"/clients/{api.running.client_id}"
    assert api.running.control.patch(path, {"roles": ["TMS View Job"]})["roles"] == ["TMS View Job"]
    assert api.get("/customers").status_code == 403
    with pytest.raises(ControlError, match="/roles/0"):
        api.running.control.patch(path, {"roles": ["King"]})
    api.running.control.patch(path, {"roles": ["Add Customer"], "customers": []})
    assert api.get("/customers").json() == []


@pytest.mark.parametrize(("user", "secret"), [(None, "wrong"), ("nobody", None), ("", "")])
def test_bad_credentials_are_401(api: Caller, user: str | None, secret: str | None) -> None:
    pair = (user if user is not None else api.running.client_id, secret or "x")
    response = api.http.post("/uaa/oauth/token", data={"grant_type": "client_credentials"}, auth=pair)
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized"


def test_a_token_ends_with_its_time_and_cannot_be_forged(api: Caller) -> None:
    api.running.control.set(token_seconds=1)
    api.renew_token((api.running.client_id, api.running.client_secret))
    token = api.http.headers["Authorization"]
    api.running.simulator.world.clock.never_before(api.running.simulator.world.clock.seconds() + 2)
    assert api.get("/customers").status_code == 401
    for forged in (token[:-4] + "AAAA", "Bearer x.y.z", "Bearer", "Basic abc", ""):
        assert api.http.get(f"{api.tenant}/customers", headers={"Authorization": forged}).status_code == 401


def test_rotating_credentials_kills_tokens_at_once(api: Caller) -> None:
    client_id = api.running.client_id
    fresh = api.running.control.post(f"/clients/{client_id}/rotate")
    assert api.get("/customers").status_code == 401
    api.renew_token((client_id, fresh["secret"]))
    assert api.get("/customers").status_code == 200


@pytest.mark.parametrize(
    ("version", "status"), [(None, 400), ("0", 406), ("9", 406), ("x", 406), ("1", 200), ("8", 200)]
)
def test_the_version_header_is_required_and_checked(api: Caller, version: str | None, status: int) -> None:
    del api.http.headers["Accept-Version"]
    headers = {"Accept-Version": version} if version else {}
    assert api.get("/customers", headers=headers).status_code == status
    api.running.control.set(bad_version_status=404)
    assert api.get("/customers", headers={"Accept-Version": "99"}).status_code == 404


def test_unknown_paths_methods_and_tenants_are_refused_in_arrays(api: Caller) -> None:
    for response, status in (
        (api.get("/warehouse-locations/search"), 404),
        (api.http.put(f"{api.tenant}/outbound-orders/1", json={}), 405),
        (api.http.get("/tenants/7a1e0c52-3d4b-4c1a-9f60-2b5d8e714a01/customers"), 404),
        (api.http.get("/nowhere"), 404),
    ):
        assert response.status_code == status
        assert response.json()[0]["message"]
        assert ("Allow" in response.headers) == (status == 405)


def test_a_missing_role_is_403_and_nothing_is_created(api: Caller) -> None:
    made = api.running.control.post("/clients", {"roles": ["TMS View Job"]})
    with Caller(api.running, (made["id"], made["secret"])) as limited:
        assert limited.create("SO-1", line("A", 1)).status_code == 403
        assert limited.get("/customers").status_code == 403
        assert limited.search("consignments") == []
    assert api.running.control.list_lines("/ledger") == []


def test_a_client_sees_its_own_customers_and_warehouses_only(api: Caller) -> None:
    control = api.running.control
    other = control.post("/customers", {"name": "Ridgeline"})["id"]
    control.add_product(api.running.customer_id, "A")
    control.add_stock(api.running.customer_id, "A", 5)
    order_id = api.create("SO-1", line("A", 1)).json()["id"]
    made = control.post("/clients", {"customers": [other]})
    with Caller(api.running, (made["id"], made["secret"])) as scoped:
        assert [customer["id"] for customer in scoped.get("/customers").json()] == [other]
        assert scoped.get(f"/outbound-orders/{order_id}").status_code == 404
        assert scoped.delete(f"/outbound-orders/{order_id}").status_code == 404
        assert scoped.search("outbound-orders") == []
        assert scoped.create("SO-2", line("A", 1)).json()[0]["field"] == "/customer"
        control.set(out_of_scope_status=403)
        assert scoped.get(f"/outbound-orders/{order_id}").status_code == 403


def test_orders_that_bring_consignments_on_import_need_the_transport_role(api: Caller) -> None:
    control = api.running.control
    control.set(consignment_generation="on_import")
    control.add_product(api.running.customer_id, "A")
    control.add_stock(api.running.customer_id, "A", 5)
    made = control.post("/clients", {"roles": ["WMS Create Job"]})
    with Caller(api.running, (made["id"], made["secret"])) as limited:
        assert limited.create("SO-1", line("A", 1)).status_code == 403
    assert control.stock_of("A") == ("5", "5", "0")
    assert api.create("SO-1", line("A", 1)).status_code == 201
    assert api.search("consignments")[0]["status"] == "AWAITING_SALE_ORDER_PACKING"


def test_userinfo_names_the_tenant(api: Caller) -> None:
    assert api.http.get("/uaa/userinfo").json()["tenants"][0]["id"] == api.running.tenant_id


@pytest.mark.fidelity("3.1-no-refresh")
def test_refresh_tokens_are_handed_out_by_setting_and_die_with_the_secret(api: Caller) -> None:
    pair = (api.running.client_id, api.running.client_secret)
    form = {"grant_type": "client_credentials"}
    refresh = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert "refresh_token" not in api.http.post("/uaa/oauth/token", data=form, auth=pair).json()
    assert api.http.post("/uaa/oauth/token", data=refresh, auth=pair).json()["error"] == "unsupported_grant_type"
    api.running.control.set(refresh_token_sent=True)
    refresh["refresh_token"] = api.http.post("/uaa/oauth/token", data=form, auth=pair).json()["refresh_token"]
    assert api.http.post("/uaa/oauth/token", data=refresh, auth=pair).status_code == 200
    fresh = api.running.control.post(f"/clients/{pair[0]}/rotate")["secret"]
    assert api.http.post("/uaa/oauth/token", data=refresh, auth=(pair[0], fresh)).status_code == 400
