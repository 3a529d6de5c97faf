"""What transport knows of consignments: their types, their statuses, what a quote comes to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cartoncloud_simulator.settings import CustomerSettings
from cartoncloud_simulator.world.entities import Consignment
from cartoncloud_simulator.world.quantities import ONE, ZERO, wire_number
from cartoncloud_simulator.world.world import World

CREATED_TYPES = ("DELIVERY", "DUPLICATE", "RETURNED", "PICKUP", "POINT_TO_POINT")
RUN_SHEET_STATUSES = ("DRAFT", "READY_TO_BUILD", "BUILDING", "BUILT", "READY_FOR_DELIVERY")
_FREIGHT = {"id": "5f1d2c40-7a3e-4a0b-9c55-2f6f0f5b7e01", "name": "Freight"}


def find_duplicate(world: World, customer_id: str, reference: str, *, but: str | None = None) -> Consignment | None:
    """Another regular consignment of the customer with this reference."""
    for consignment_id in world.consignments.ids_by_reference(reference):
        found = world.consignments.by_id[consignment_id]
        if found.customer_id == customer_id and found.id != but and not found.is_fulfilment:
            return found
    return None


def arrived_status(world: World, consignment: Consignment) -> str:
    """What a consignment is once its goods are there."""
    if consignment.is_fulfilment:
        return world.settings.fulfilment_delivered_status
    return "POINT_TO_POINT_DELIVERED" if consignment.details.get("type") == "POINT_TO_POINT" else "DELIVERED"


def count_packages(items: list[dict[str, Any]]) -> Decimal:
    """Pallets where there are any, else pieces; one at least."""
    counted = [
        Decimal(item.get("measures", {}).get("pallets") or item.get("measures", {}).get("quantity") or 0)
        for item in items
    ]
    return max(sum(counted, start=ZERO), ONE)


def make_quote(world: World, policy: CustomerSettings, items: list[dict[str, Any]]) -> Mapping[str, Any]:
    packages = count_packages(items)
    amount = round(packages * Decimal(str(policy.charge_rates.get("CONSIGNMENT", 0))), 2)
    fee = {"amount": wire_number(amount), "currency": world.settings.currency}
    charge = {
        "feeCategory": _FREIGHT,
        "description": f"{wire_number(packages)} packages",
        "fee": fee,
        "feeAfterModifiers": fee,
    }
    return {"rateCard": {"name": policy.rate_card}, "rate": {"name": "Per package"}, "charges": [charge]}
