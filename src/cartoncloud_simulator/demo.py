"""A furnished tenant to look around in: customers, products with lots, stock, orders in every state."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from cartoncloud_simulator.api.addresses import complete_address
from cartoncloud_simulator.control import goods, tenant
from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules import fulfilment, inbound_intake, intake, receiving
from cartoncloud_simulator.rules.receiving import Count
from cartoncloud_simulator.simulator import Simulator
from cartoncloud_simulator.world.entities import Order
from cartoncloud_simulator.world.inbound import InboundOrder

_PANTRY = (
    ("MAC250", "Macadamia Butter 250g", 12),
    ("HON500", "Ironbark Honey 500g", 12),
    ("OLV750", "Olive Oil 750ml", 6),
    ("TEA100", "Lemon Myrtle Tea 100 bags", 24),
    ("SALT90", "Smoked Sea Salt 90g", 36),
    ("JAM300", "Quandong Jam 300g", 12),
)
_OUTDOOR = (
    ("TENT-2P", "Ridge Tent 2 Person", 1),
    ("MAT-STD", "Sleeping Mat", 10),
    ("STOVE-1", "Canister Stove", 20),
    ("LAMP-USB", "Camp Lamp USB", 24),
)
_ADDRESS = {
    "companyName": "Harbour Deli",
    "contactName": "Mei Tan",
    "address1": "12 Wharf Road",
    "suburb": "Newcastle",
    "state": {"code": "NSW"},
    "postcode": "2300",
    "country": {"iso2Code": "AU"},
}


def furnish(simulator: Simulator) -> None:
    """Fill a new tenant."""
    world = simulator.world
    pantry = next(iter(world.customers))
    outdoor = _call(simulator, tenant.add_customer, {"name": "Ridgeline Outdoor", "code": "RIDGE"})["id"]
    _stock(simulator, pantry, _PANTRY, with_lots=True)
    _stock(simulator, outdoor, _OUTDOOR, with_lots=False)
    for number in range(1, 5):
        _order(simulator, pantry, f"DEMO-{number}", _PANTRY[number - 1 : number + 2])
    _order(simulator, outdoor, "DEMO-5", _OUTDOOR[:2])
    for number in (6, 7):
        fulfilment.dispatch(world, _order(simulator, pantry, f"DEMO-{number}", _PANTRY[: number - 4]))
    fulfilment.pack(world, _order(simulator, outdoor, "DEMO-8", _OUTDOOR[2:]))
    fulfilment.pick(world, _order(simulator, pantry, "DEMO-9", _PANTRY[3:5]))
    _order(simulator, outdoor, "DEMO-10", (("TENT-4P", "", 1),))
    _expect(simulator, pantry, "DEMO-PO-1", _PANTRY[:3])
    receiving.receive(world, _expect(simulator, pantry, "DEMO-PO-2", _PANTRY[3:]))
    receiving.verify(world, _expect(simulator, outdoor, "DEMO-PO-3", _OUTDOOR[:2]), Count())
    world.commit()


def _stock(simulator: Simulator, customer: str, products: tuple[tuple[str, str, int], ...], *, with_lots: bool) -> None:
    rows = [
        {
            "code": code,
            "name": name,
            "units": {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": per_carton, "name": "Carton"}},
        }
        for code, name, per_carton in products
    ]
    _call(simulator, goods.put_products, {"customer": customer, "products": rows})
    today = datetime.now(UTC).date()
    for lot, days in enumerate((120, 240) if with_lots else (None,), start=1):
        received: list[dict[str, Any]] = [{"code": code, "quantity": 240} for code, _, _ in products]
        for row in received:
            if days is not None:
                row |= {"expiry": str(today + timedelta(days=days)), "batch": f"B{100 + lot}"}
        _call(simulator, goods.receive_stock, {"customer": customer, "rows": received})


def _order(simulator: Simulator, customer: str, reference: str, products: tuple[tuple[str, str, int], ...]) -> Order:
    address = complete_address(simulator.world, _ADDRESS)
    draft = intake.OrderDraft(
        client=simulator.main_client,
        customer_id=customer,
        warehouse_id=simulator.world.default_warehouse().id,
        references={"customer": reference},
        details={"urgent": False, "allowSplitting": True, "deliver": {"address": address}},
        properties={},
        lines=[
            {"details": {"product": {"references": {"code": code}}}, "measures": {"quantity": Decimal(6 * index)}}
            for index, (code, _, _) in enumerate(products, start=1)
        ],
        is_draft=False,
        replaces=None,
    )
    return intake.take_in(simulator.world, draft)


def _expect(
    simulator: Simulator, customer: str, reference: str, products: tuple[tuple[str, str, int], ...]
) -> InboundOrder:
    """An inbound order that has not arrived."""
    arrival = str((datetime.now(UTC) + timedelta(days=3)).date())
    draft = inbound_intake.InboundDraft(
        client=simulator.main_client,
        customer_id=customer,
        warehouse_id=simulator.world.default_warehouse().id,
        references={"customer": reference},
        details={"urgent": False, "arrivalDate": arrival},
        properties={},
        lines=[
            {
                "details": {"product": {"references": {"code": code}}, "unitOfMeasure": {"type": "CTN"}},
                "measures": {"quantity": Decimal(10)},
                "properties": {"batch": "B200"},
            }
            for code, _, _ in products
        ],
        is_draft=False,
        replaces=None,
    )
    return inbound_intake.take_in(simulator.world, draft)


def _call(simulator: Simulator, handle: Any, body: dict[str, Any]) -> Any:
    return handle(Command(simulator, {}, {}, msgspec.json.encode(body)))
