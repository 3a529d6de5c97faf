"""Scenarios of access, customers, products and orders."""

from tests.simulator.caller import Caller, leaf, line
from tests.simulator.golden.recorder import Recorder
from tests.simulator.golden.scenario import ALL, NOTHING, UNITS, order, scenario, stock


@scenario
def access(api: Caller, record: Recorder) -> None:
    http, pair = api.http, (api.running.client_id, api.running.client_secret)
    form = {"grant_type": "client_credentials"}
    record.take("token", http.post("/uaa/oauth/token", data=form, auth=pair))
    record.take("wrong credentials", http.post("/uaa/oauth/token", data=form, auth=("x", "y")))
    record.take("no grant", http.post("/uaa/oauth/token", data={}, auth=pair))
    asked = {"response_type": "code", "client_id": pair[0], "redirect_uri": "https://hub.example/back", "state": "s"}
    record.take("authorize", http.get("/uaa/oauth/authorize", params=asked))
    record.take("userinfo", http.get("/uaa/userinfo"))
    record.take("bad token", api.get("/customers", headers={"Authorization": "Bearer x.y.z"}))
    record.take("no token", api.get("/customers", headers={"Authorization": ""}))
    api.running.control.set(auth_error_form="array", token_error_form="array")
    record.take("bad token as array", api.get("/customers", headers={"Authorization": "Bearer x.y.z"}))
    record.take("wrong credentials as array", http.post("/uaa/oauth/token", data=form, auth=("x", "y")))
    client = api.running.control.post("/clients", {"roles": ["TMS View Job"]})
    with Caller(api.running, (client["id"], client["secret"])) as limited:
        record.take("missing role", limited.get("/customers"))


@scenario
def conventions(api: Caller, record: Recorder) -> None:
    stock(api)
    for number in range(5):
        api.create(f"SO-{number}", line("MAC250", 1))
    for name, query in (("first", "size=2"), ("middle", "page=2&size=2&sort=x"), ("last", "page=3&size=2"),
                        ("past the end", "page=9&size=2"), ("whole", "")):  # fmt: skip
        headers = {"Prefer": "return=minimal"}
        record.take(f"{name} page", api.post(f"/outbound-orders/search?{query}", ALL, headers=headers))
    record.take("no version", api.http.get(f"{api.tenant}/customers", headers={"Accept-Version": ""}))
    record.take("bad version", api.get("/customers", headers={"Accept-Version": "99"}))
    record.take("other tenant", api.http.get(f"/tenants/{NOTHING}/customers"))
    record.take("unknown path", api.post("/warehouse-locations/search", ALL))
    record.take("wrong method", api.http.put(f"{api.tenant}/outbound-orders/{NOTHING}", json={}))
    record.take("no JSON", api.http.post(f"{api.tenant}/outbound-orders/search", content=b"{"))
    for name, condition in (
        ("empty condition", {}),
        ("bare leaf", leaf("/status", "X")),
        ("unknown pointer", {"type": "AndCondition", "conditions": [leaf("/nope", "X")]}),
        ("status by key", {"type": "AndCondition", "conditions": [leaf("status", "X")]}),
    ):
        record.take(name, api.post("/outbound-orders/search", {"condition": condition}))
    api.running.control.set(outbound_rate_limit=1)
    record.take("too many", api.create("SO-9", line("MAC250", 1)))


@scenario
def customers(api: Caller, record: Recorder) -> None:
    full = {
        "scope": "CUSTOMER",
        "name": "Saltworks",
        "references": {"code": "SALT"},
        "warehouses": [{"name": "Brisbane DC"}],
        "email": "ops@salt.example",
        "telephone": "0730000000",
    }
    made = record.take("created", api.post("/customers", full))
    record.take("created bare", api.post("/customers", {"name": "Ridgeline"}))
    record.take("list", api.get("/customers"))
    record.take("one", api.get(f"/customers/{made['id']}"))
    record.take("none", api.get(f"/customers/{NOTHING}"))
    record.take("no name", api.post("/customers", {}))


@scenario
def products(api: Caller, record: Recorder) -> None:
    eight = {"Accept-Version": "8"}
    sent = {
        "scope": "WAREHOUSE",
        "type": "Ambient",
        "references": {"code": "MAC250"},
        "customer": {"id": api.running.customer_id},
        "name": "Macadamia Butter 250g",
        "description": "Stone-ground, in a jar",
        "details": {"active": True, "countryOfOrigin": {"iso2Code": "AU"}, "harmonizedSystemCode": "2008.19.90"},
        "itemPropertyRequirements": {"expiry": "REQUIRED", "batch": "OPTIONAL"},
        "defaultUnitOfMeasure": "EA",
        "unitOfMeasures": UNITS,
        "notifications": [{"type": "STOCK_LOW", "thresholdCount": 10}],
        "properties": {"custom_field_1": "AU-77"},
    }
    made = record.take("created at version 1", api.post("/warehouse-products", sent))
    record.take(
        "created at version 8", api.post("/warehouse-products", {**sent, "references": {"code": "B"}}, headers=eight)
    )
    path = f"/warehouse-products/{made['id']}"
    record.take("one at version 7", api.get(path, headers={"Accept-Version": "7"}))
    record.take("one at version 8", api.get(path, headers=eight))
    record.take("patched", api.patch(path, [{"op": "remove", "path": "/description"}]))
    record.take("replaced", api.http.put(api.tenant + path, json={**sent, "name": "Renamed"}))
    record.take("list", api.get("/warehouse-products"))
    record.take("search", api.post("/warehouse-products/search?size=1", ALL))
    record.take("taken code", api.post("/warehouse-products", sent))
    record.take("unset path", api.patch(path, [{"op": "replace", "path": "/details/storage", "value": {}}]))
    short = {"op": "add", "path": "/unitOfMeasures/CT", "value": {"baseQty": 2}}
    record.take("short unit name", api.patch(path, [short]))
    record.take("none", api.get(f"/warehouse-products/{NOTHING}"))


@scenario
def outbound(api: Caller, record: Recorder) -> None:
    stock(api)
    made = record.take("created", api.post("/outbound-orders", order(api)))
    path = f"/outbound-orders/{made['id']}"
    record.take("rejected", api.post("/outbound-orders", api.order("SO-2", line("NOPE", 1))))
    record.take("duplicate", api.post("/outbound-orders", order(api)))
    record.take("invalid", api.post("/outbound-orders", {}))
    api.running.control.post(f"/orders/{made['id']}/dispatch")
    record.take("dispatched", api.get(path))
    record.take("search", api.post("/outbound-orders/search?size=1", ALL))
    record.take("minimal", api.post("/outbound-orders/search", ALL, headers={"Prefer": "return=minimal"}))
    record.take("delete refused", api.delete(path))
    rejected = api.search("outbound-orders", leaf("/status", "REJECTED"))[0]["id"]
    record.take("deleted", api.delete(f"/outbound-orders/{rejected}"))
    record.take("none", api.get(f"/outbound-orders/{rejected}"))


@scenario
def inbound(api: Caller, record: Recorder) -> None:
    stock(api)
    sent = {
        "type": "INBOUND",
        "references": {"customer": "PO-2207"},
        "customer": {"id": api.running.customer_id},
        "warehouse": {"name": "Brisbane DC"},
        "details": {"urgent": False, "instructions": "2 pallets", "arrivalDate": "2031-03-12"},
        "items": [line("MAC250", 40, "CTN", expiryDate="2032-02-28", batch="B130")],
    }
    made = record.take("created", api.post("/inbound-orders", sent))
    record.take(
        "rejected", api.post("/inbound-orders", {**sent, "references": {"customer": "P"}, "items": [line("NO", 1)]})
    )
    record.take("duplicate", api.post("/inbound-orders", sent))
    for step in ("receive", "verify"):
        api.running.control.post(f"/inbound-orders/{made['id']}/{step}")
    path = f"/inbound-orders/{made['id']}"
    record.take("verified", api.get(path))
    record.take("without items", api.get(path, headers={"Prefer": "return=no-items"}))
    record.take("search", api.post("/inbound-orders/search?size=1", ALL))
    record.take("minimal", api.post("/inbound-orders/search", ALL, headers={"Prefer": "return=minimal"}))
    record.take("delete refused", api.delete(path))
    record.take("none", api.get(f"/inbound-orders/{NOTHING}"))
