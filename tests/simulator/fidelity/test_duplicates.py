"""References that are taken, orders that are replaced or deleted."""

import pytest

from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import Tenant, call, free, own


@pytest.mark.fidelity("11.6-created", "11.6-per-customer")
def test_another_customers_reference_does_not_matter(scarce: Caller, tenant: Tenant) -> None:
    other = tenant.customer()
    tenant.control.add_product(other, "A")
    tenant.control.add_stock(other, "A", 5)
    assert scarce.create("SO-1", line("A", 1), customer={"id": other}).status_code == 201
    assert scarce.create("SO-1", line("A", 1)).status_code == 201


@pytest.mark.fidelity("11.6-refused", "11.6-wording", "11.6-default", "6.1-uniqueness")
def test_a_taken_reference(scarce: Caller, tenant: Tenant) -> None:
    first = scarce.create("SO-1", line("A", 1)).json()
    again = scarce.create("SO-1", line("A", 1))
    assert again.status_code == 422
    assert again.json() == [
        {
            "field": "/references/customer",
            "message": "A Sale Order with this Customer Reference already exists.",
            "type": "DUPLICATE",
            "details": {"duplicateId": first["id"]},
        }
    ]
    assert own(scarce, "outbound-orders").json() == [first]
    tenant.customise(unique_references=False)
    assert scarce.create("SO-1", line("A", 1)).status_code == 201
    assert len(own(scarce, "outbound-orders").json()) == 2


@pytest.mark.fidelity("11.6-status", "22-duplicates", "5-order-exists")
@pytest.mark.parametrize("status", [400, 409, 422])
def test_the_status_of_a_duplicate_is_a_setting(scarce: Caller, status: int) -> None:
    scarce.create("SO-1", line("A", 1))
    scarce.running.control.set(duplicate_status=status)
    again = scarce.create("SO-1", line("A", 1))
    assert (again.status_code, "already exists" in again.json()[0]["message"]) == (status, True)


@pytest.mark.fidelity("5-only-type")
def test_other_errors_have_no_type(scarce: Caller) -> None:
    refused = [
        scarce.post("/outbound-orders", {}),
        scarce.post("/warehouse-products", {}),
        scarce.post("/report-runs", {}),
        call(scarce, "GET", "/nowhere"),
    ]
    errors = [error for response in refused for error in response.json()]
    assert len(errors) > 4
    assert all(set(error) <= {"field", "message"} for error in errors)


@pytest.mark.fidelity("11.6-replaced", "11.6-default")
def test_a_rejected_order_is_replaced(scarce: Caller) -> None:
    first = scarce.create("SO-1", line("B", 9)).json()
    second = scarce.create("SO-1", line("B", 1))
    assert (second.status_code, second.json()["version"]) == (201, 1)
    assert second.json()["id"] != first["id"]
    assert scarce.get(f"/outbound-orders/{first['id']}").status_code == 404
    assert own(scarce, "outbound-orders").json() == [second.json()]


@pytest.mark.fidelity("11.6-overridable", "11.6-options", "11.7-at-once")
@pytest.mark.parametrize("status", ["DRAFT", "AWAITING_PICK_AND_PACK"])
def test_overridable_statuses_are_a_setting_of_tenant_or_customer(scarce: Caller, tenant: Tenant, status: str) -> None:
    more = {"status": "DRAFT"} if status == "DRAFT" else {}
    first = scarce.create("SO-1", line("B", 2), **more).json()
    assert first["status"] == status
    assert scarce.create("SO-1", line("B", 2)).status_code == 422
    tenant.control.set(overridable_statuses=[status])
    second = scarce.create("SO-1", line("B", 2), **more)
    assert (second.status_code, second.json()["id"] != first["id"]) == (201, True)
    assert free(scarce, "B") == 0.5
    tenant.customise(overridable_statuses=["REJECTED"])
    assert scarce.create("SO-1", line("B", 2)).status_code == 422
    assert scarce.delete(f"/outbound-orders/{second.json()['id']}").status_code == 422
    tenant.customise(overridable_statuses=[status])
    assert scarce.delete(f"/outbound-orders/{second.json()['id']}").status_code == 204


@pytest.mark.fidelity("11.7-deleted", "4.7-deleted", "18-given-back", "18-free-at-once", "11.1-delete")
def test_deleting_gives_back_what_creating_took(scarce: Caller, tenant: Tenant) -> None:
    tenant.customise(overridable_statuses=["AWAITING_PICK_AND_PACK"])
    order = scarce.create("SO-1", line("B", 2)).json()
    assert free(scarce, "B") == 0.5
    gone = scarce.delete(f"/outbound-orders/{order['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert free(scarce, "B") == 2.5
    assert scarce.delete(f"/outbound-orders/{order['id']}").status_code == 404


@pytest.mark.fidelity("11.7-refused", "21-default-delete")
@pytest.mark.parametrize("status", [422, 409])
def test_a_refused_deletion(scarce: Caller, status: int) -> None:
    order = scarce.create("SO-1", line("B", 2)).json()
    if status != 422:
        scarce.running.control.set(delete_refused_status=status)
    refused = scarce.delete(f"/outbound-orders/{order['id']}")
    assert (refused.status_code, len(refused.json())) == (status, 1)
    assert scarce.get(f"/outbound-orders/{order['id']}").json() == order
    assert free(scarce, "B") == 0.5
