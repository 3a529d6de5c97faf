"""What every scenario builds on, and the list they enter themselves into."""

from collections.abc import Callable
from typing import Any

from tests.simulator.caller import ADDRESS, Caller, line
from tests.simulator.golden.recorder import Recorder

ALL = {"condition": {"type": "AndCondition", "conditions": []}}
NOTHING = "9d0a5b7e-2c55-4e2f-8d7a-0d9f4a7b3310"
FULL_ADDRESS = {
    **ADDRESS,
    "contactName": "Mei Tan",
    "state": {"code": "NSW"},
    "postcode": "2300",
    "country": {"iso2Code": "AU"},
    "phone": "0400000000",
    "email": "mei@harbour.example",
}
UNITS = {
    "EA": {"baseQty": 1, "name": "Each", "weight": 0.41, "barcode": "9300000000017"},
    "CTN": {"baseQty": 12, "name": "Carton", "length": 0.4, "width": 0.3, "height": 0.2, "isDirectlyShippable": True},
}
Scenario = Callable[[Caller, Recorder], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    SCENARIOS[play.__name__] = play
    return play


def stock(api: Caller) -> None:
    control, customer = api.running.control, api.running.customer_id
    for code in ("MAC250", "HON500"):
        control.add_product(customer, code, name=f"Product {code}", units=UNITS)
    control.add_stock(customer, "MAC250", 18, expiry="2031-11-30", batch="B118", location="A-01")
    control.add_stock(customer, "MAC250", 40, expiry="2032-01-31", batch="B121", location="A-02")
    control.add_stock(customer, "HON500", 6, status="QC")


def order(api: Caller, reference: str = "SO-10442", **more: Any) -> dict[str, Any]:
    sent = api.order(reference, line("MAC250", 30, "EA", sop_custom_field_1="line-1"), **more)
    sent["details"] = {
        "urgent": False,
        "instructions": "Gift wrap",
        "collect": {"requiredDate": "2031-03-05"},
        "deliver": {
            "address": FULL_ADDRESS,
            "method": {"type": "SHIPPING", "requestedService": "Express"},
            "instructions": "Leave at loading dock",
            "requiredDate": "2031-03-07",
        },
        "invoiceValue": {"amount": 214.5, "currency": "AUD"},
        "allowSplitting": False,
    }
    return {**sent, "properties": {"hubOrderId": "ord_7f31"}}
