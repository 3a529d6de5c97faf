"""Documents: uploaded as JSON, listed without content, downloaded as files, and what they hold up."""

import base64
from pathlib import Path
from typing import Any

import pytest

from cartoncloud_simulator.testing import running_simulator
from tests.simulator.caller import Caller, line

FILE = b"%PDF-1.7 not much of one"
UPLOAD = {
    "type": "OUTBOUND_ORDER_INVOICE",
    "content": {"name": "inv.pdf", "data": base64.b64encode(FILE).decode()},
}


@pytest.fixture
def order(api: Caller) -> str:
    api.running.control.add_product(api.running.customer_id, "A")
    api.running.control.add_stock(api.running.customer_id, "A", 5)
    return str(api.create("SO-1", line("A", 1)).json()["id"])


@pytest.mark.fidelity("15-upload", "15-list", "15-get", "15-download", "15-answer", "4.2-minimal-documents")
def test_a_document_goes_in_as_base64_and_comes_out_as_a_file(api: Caller, order: str) -> None:
    path = f"/outbound-orders/{order}/documents"
    made = api.post(path, UPLOAD)
    document_id = made.json()["id"]
    owner = {"type": "OUTBOUND", "id": order}
    assert (made.status_code, made.json()) == (201, {**UPLOAD, "id": document_id, "owner": owner})
    listed = api.get(path)
    assert listed.json() == [{"content": {"name": "inv.pdf"}, "type": UPLOAD["type"], "id": document_id}]
    assert listed.headers["Total-Elements"] == "1"
    minimal = api.get(path, headers={"Prefer": "return=minimal"})
    assert (minimal.json(), minimal.headers["Preference-Applied"]) == ([{"id": document_id}], "return=minimal")
    assert api.get(f"{path}/{document_id}").json()["content"] == UPLOAD["content"]
    file = api.get(f"{path}/{document_id}/download")
    assert (file.content, file.headers["Content-Type"]) == (FILE, "application/pdf")
    assert "inv.pdf" in file.headers["Content-Disposition"]


@pytest.mark.fidelity("15-generic")
def test_the_generic_path_takes_an_owner_and_leaves_the_content_out(api: Caller, order: str) -> None:
    made = api.post("/documents", {**UPLOAD, "owner": {"type": "OUTBOUND", "id": order}})
    assert (made.status_code, made.json()["content"]) == (201, {"name": "inv.pdf"})
    assert api.get(f"/outbound-orders/{order}/documents").json()[0]["id"] == made.json()["id"]
    for owner, field in (
        ({"type": "INBOUND", "id": order}, "/owner/type"),
        ({"type": "CONSIGNMENT", "id": order}, "/owner/id"),
        (None, "/owner/type"),
    ):
        refused = api.post("/documents", {**UPLOAD, "owner": owner})
        assert (refused.status_code, refused.json()[0]["field"]) == (422, field)


@pytest.mark.fidelity("15-no-multipart", "5-multipart")
def test_multipart_is_answered_as_it_was_seen_live(api: Caller, order: str) -> None:
    for setting in (500, 415):
        api.running.control.set(multipart_upload_status=setting)
        for path in (f"/outbound-orders/{order}/documents", "/documents"):
            sent = api.http.post(f"{api.tenant}{path}", files={"file": ("inv.pdf", FILE)})
            assert (sent.status_code, "base64" in sent.json()[0]["message"]) == (setting, True)
    assert api.get(f"/outbound-orders/{order}/documents").json() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"type": None}, "/type"),
        ({"content": {"data": "QQ=="}}, "/content/name"),
        ({"content": {"name": "a.pdf", "data": "no base64"}}, "/content/data"),
        ({"content": {"name": "a.pdf", "data": ""}}, "/content/data"),
    ],
)
def test_refused_documents(api: Caller, order: str, more: dict[str, Any], field: str) -> None:
    refused = api.post(f"/outbound-orders/{order}/documents", {**UPLOAD, **more})
    assert (refused.status_code, [error["field"] for error in refused.json()]) == (422, [field])
    assert api.get(f"/outbound-orders/{order}/documents").json() == []


def test_documents_of_nothing_and_of_others_are_404(api: Caller, order: str) -> None:
    made = api.post(f"/outbound-orders/{order}/documents", UPLOAD).json()["id"]
    other = str(api.create("SO-2", line("A", 1)).json()["id"])
    assert api.post("/outbound-orders/none/documents", UPLOAD).status_code == 404
    assert api.get(f"/outbound-orders/{other}/documents/{made}").status_code == 404
    assert api.get(f"/outbound-orders/{order}/documents/none/download").status_code == 404


def test_consignments_take_documents_where_the_path_is_there(api: Caller, order: str) -> None:
    api.running.control.post(f"/orders/{order}/pack")
    consignment = api.search("consignments")[0]["id"]
    path = f"/consignments/{consignment}/documents"
    made = api.post(path, {**UPLOAD, "type": "CONSIGNMENT_INVOICE"})
    assert (made.status_code, made.json()["owner"]) == (201, {"type": "CONSIGNMENT", "id": consignment})
    assert api.get(path).json()[0]["id"] == made.json()["id"]
    assert api.get(f"{path}/{made.json()['id']}").json()["content"] == UPLOAD["content"]
    api.running.control.set(consignment_documents_accepted=False)
    assert api.post(path, UPLOAD).status_code == api.get(path).status_code == 404


@pytest.mark.fidelity("15-upload-setting")
def test_clients_of_a_customer_upload_only_where_they_may(api: Caller, order: str) -> None:
    client = api.running.control.post("/clients", {"internal": False})
    settings = {"settings": {"document_uploads_allowed": False}}
    path = f"/outbound-orders/{order}/documents"
    with Caller(api.running, (client["id"], client["secret"])) as outsider:
        assert outsider.post(path, UPLOAD).status_code == 201
        api.running.control.patch(f"/customers/{api.running.customer_id}", settings)
        assert outsider.post(path, UPLOAD).status_code == 403
    assert api.post(path, UPLOAD).status_code == 201


@pytest.mark.fidelity("15-invoices-hold", "11.4-unprinted-invoices")
def test_an_order_with_an_unprinted_invoice_sticks_in_packed(api: Caller, order: str) -> None:
    document = api.post(f"/outbound-orders/{order}/documents", UPLOAD).json()["id"]
    api.running.control.post("/crew/step", {"orders": 1})
    assert api.get(f"/outbound-orders/{order}").json()["status"] == "PACKED"
    api.running.control.post(f"/documents/{document}/print")
    assert api.get(f"/outbound-orders/{order}").json()["status"] == "DISPATCHED"
    other = str(api.create("SO-2", line("A", 1)).json()["id"])
    api.post(f"/outbound-orders/{other}/documents", UPLOAD)
    api.running.control.set(unprinted_invoices_hold_dispatch=False)
    api.running.control.post("/crew/step", {"orders": 1})
    assert api.get(f"/outbound-orders/{other}").json()["status"] == "DISPATCHED"


def test_all_of_transport_survives_a_restart_and_documents_go_with_their_order(tmp_path: Path) -> None:
    with running_simulator(folder=tmp_path) as running, Caller(running) as api:
        running.control.add_product(running.customer_id, "A")
        running.control.add_stock(running.customer_id, "A", 5)
        order = str(api.create("SO-1", line("A", 1)).json()["id"])
        document = api.post(f"/outbound-orders/{order}/documents", UPLOAD).json()
        package = api.post("/products", {"scope": "TRANSPORT", "name": "Satchel"}).json()
        sheet = running.control.post("/run-sheets", {"name": "Monday", "date": "2026-03-09"})
        running.control.post(f"/orders/{order}/pack")
        consignment = api.search("consignments")[0]["id"]
        running.control.post(f"/consignments/{consignment}", {"run_sheet": sheet["id"]})
        before = api.get(f"/consignments/{consignment}").json()
    with running_simulator(folder=tmp_path) as running, Caller(running) as api:
        assert api.get(f"/outbound-orders/{order}/documents/{document['id']}").json() == document
        assert api.get("/products").json() == [package]
        assert api.get(f"/consignments/{consignment}").json() == before
        running.control.delete(f"/orders/{order}")
        assert running.simulator.world.filing.by_id == {}
