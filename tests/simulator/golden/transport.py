"""Scenarios of consignments, packages, documents and reports."""

import base64
from typing import Any

from tests.simulator.caller import Caller, leaf, line
from tests.simulator.golden.recorder import Recorder
from tests.simulator.golden.scenario import ALL, FULL_ADDRESS, NOTHING, order, scenario, stock


def consignment(api: Caller, **more: Any) -> dict[str, Any]:
    return {
        "references": {"customer": "CON-881"},
        "customer": {"id": api.running.customer_id},
        "details": {
            "type": "DELIVERY",
            "deliver": {"address": FULL_ADDRESS, "requiredDate": "2031-03-07", "instructions": "Rear dock",
                        "cashPaymentAmount": {"amount": 12.5, "currency": "AUD"}},
            "invoiceValue": {"amount": 99, "currency": "USD"},
            "authorityToLeave": True,
            "authorityToLeaveInstructions": "Behind the fence",
        },
        "measures": {"hours": 1.5, "distance": {"value": 12}},
        "properties": {"serviceType": "EXPRESS"},
        "items": [{"properties": {"description": "Mixed pallet"},
                   "measures": {"pallets": 1, "weight": 312.5, "quantity": 44, "cubic": 0, "spaces": 2}}],
        **more,
    }  # fmt: skip


@scenario
def consignments(api: Caller, record: Recorder) -> None:
    control = api.running.control
    stock(api)
    made = record.take("created", api.post("/consignments", consignment(api)))
    path = f"/consignments/{made['id']}"
    record.take("duplicate", api.post("/consignments", consignment(api)))
    record.take("quote", api.post("/consignments/quote", consignment(api, taskDate="2031-03-04")))
    sheet = control.post("/run-sheets", {"name": "North Monday", "date": "2031-03-09"})["id"]
    run = control.post("/delivery-runs", {"name": "North"})["id"]
    driver = control.post("/drivers", {"name": "Mei Tan"})["id"]
    control.post(f"/consignments/{made['id']}", {"run_sheet": sheet, "delivery_run": run, "driver": driver})
    control.post("/manifests", {"consignments": [made["id"]]})
    record.take("on its way", api.get(path))
    record.take("without items", api.get(path, headers={"Prefer": "return=no-items"}))
    cancelled = {**made, "status": "CANCELLED"}
    record.take("stale", api.http.put(api.tenant + path, json=cancelled, headers={"If-Match": "1"}))
    record.take("cancelled", api.http.put(api.tenant + path, json=cancelled, headers={"If-Match": "3"}))
    order_id = api.post("/outbound-orders", order(api)).json()["id"]
    control.post(f"/orders/{order_id}/pack")
    found = {"condition": {"type": "AndCondition", "conditions": [leaf("/generatedFromTask/id", order_id)]}}
    (fulfilment,) = record.take("fulfilment", api.post("/consignments/search", found))
    control.patch(f"/customers/{api.running.customer_id}", {"settings": {"package_extras": ["dimensions", "contents"]}})
    control.post(f"/consignments/{fulfilment['id']}/deliver")
    record.take("fulfilment delivered", api.get(f"/consignments/{fulfilment['id']}"))
    record.take("minimal", api.post("/consignments/search", ALL, headers={"Prefer": "return=minimal"}))
    record.take("invalid", api.post("/consignments", {"items": [{"measures": {"weight": "x"}}]}))
    control.patch(f"/customers/{api.running.customer_id}", {"settings": {"rate_card": ""}})
    record.take("no rate", api.post("/consignments/quote", consignment(api)))
    record.take("none", api.get(f"/consignments/{NOTHING}"))


@scenario
def packages(api: Caller, record: Recorder) -> None:
    sent = {
        "scope": "TRANSPORT",
        "references": {"code": "A3"},
        "name": "Carton A3",
        "properties": {"width": 0.3, "height": 0.31, "length": 0.43},
        "details": {"uiOptions": {"consignmentItems": {"splitByField": "NONE"}}},
    }
    made = record.take("created", api.post("/products", sent))
    record.take("list", api.get("/products"))
    record.take("one", api.get(f"/products/{made['id']}"))
    record.take("none", api.get(f"/products/{NOTHING}"))
    record.take("invalid", api.post("/products", {"scope": "WAREHOUSE"}))


@scenario
def documents(api: Caller, record: Recorder) -> None:
    stock(api)
    order_id = api.post("/outbound-orders", order(api)).json()["id"]
    path = f"/outbound-orders/{order_id}/documents"
    content = {"name": "inv.pdf", "data": base64.b64encode(b"%PDF-1.7 short").decode()}
    sent = {"type": "OUTBOUND_ORDER_INVOICE", "content": content}
    made = record.take("created", api.post(path, sent))
    owner = {"type": "OUTBOUND", "id": order_id}
    record.take("created by the generic path", api.post("/documents", {**sent, "owner": owner}))
    record.take("list", api.get(path))
    record.take("minimal", api.get(path, headers={"Prefer": "return=minimal"}))
    record.take("one", api.get(f"{path}/{made['id']}"))
    record.take("file", api.get(f"{path}/{made['id']}/download"))
    record.take("multipart", api.http.post(api.tenant + path, files={"file": ("a.pdf", b"x")}))
    record.take("invalid", api.post(path, {"content": {"data": "?"}}))
    record.take("none", api.get(f"{path}/{NOTHING}"))
    parcel = api.post("/consignments", consignment(api)).json()["id"]
    path = f"/consignments/{parcel}/documents"
    made = record.take("created for a consignment", api.post(path, {**sent, "type": "CONSIGNMENT_INVOICE"}))
    record.take("list of a consignment", api.get(path))
    record.take("one of a consignment", api.get(f"{path}/{made['id']}"))


def run_report(api: Caller, record: Recorder, name: str, body: dict[str, Any], query: str = "") -> None:
    started = record.take(f"{name} started", api.post("/report-runs", body))
    record.take(f"{name} waiting", api.get(f"/report-runs/{started['id']}"))
    api.running.clock.advance(seconds=5)
    record.take(f"{name} done", api.get(f"/report-runs/{started['id']}{query}"))


@scenario
def stock_report(api: Caller, record: Recorder) -> None:
    stock(api)
    api.post("/outbound-orders", order(api))
    customer = {"id": api.running.customer_id}
    parameters = {
        "pageSize": 200_000,
        "customer": customer,
        "aggregateBy": ["batch", "expiryDate", "location", "productType"],
    }
    run_report(api, record, "by lot", {"type": "STOCK_ON_HAND", "parameters": parameters}, "?size=2")
    bare = {"type": "STOCK_ON_HAND", "parameters": {"customer": customer}}
    run_report(api, record, "bare", bare)
    api.post(
        "/inbound-orders", {**bare["parameters"], "references": {"customer": "PO-1"}, "items": [line("MAC250", 2)]}
    )
    parameters = {"customer": customer, "aggregateBy": ["inboundOrder", "productGroup", "barcode"]}
    run_report(api, record, "by order", {"type": "STOCK_ON_HAND", "parameters": parameters}, "?size=1")
    unknown = {"customer": customer, "aggregateBy": ["product"]}
    record.take("unknown name", api.post("/report-runs", {"type": "STOCK_ON_HAND", "parameters": unknown}))
    record.take("unknown type", api.post("/report-runs", {"type": "ORDER_HISTORY", "parameters": {}}))
    record.take("none", api.get(f"/report-runs/{NOTHING}"))
    api.running.control.set(report_fails=True)
    run_report(api, record, "failed", bare)


@scenario
def charges_report(api: Caller, record: Recorder) -> None:
    stock(api)
    order_id = api.post("/outbound-orders", order(api)).json()["id"]
    api.running.control.post(f"/orders/{order_id}/dispatch")
    made = api.post("/consignments", consignment(api)).json()["id"]
    api.running.control.post(f"/consignments/{made}", {"status": "DELIVERED", "on_approved_invoice": True})
    classes = ["SALE_ORDER", "CONSIGNMENT"]
    run_report(api, record, "charges", {"type": "BULK_CHARGES", "parameters": {"chargeClasses": classes}})
    record.take("bad date", api.post("/report-runs", {"type": "BULK_CHARGES", "parameters": {"fromDate": "x"}}))
