"""What the transport office keeps besides consignments: package types, drivers, runs, run sheets, manifests."""

from collections.abc import Iterator
from typing import Any, TypeVar

from msgspec import Struct


class TransportProduct(Struct, tag="transport_product"):
    """A kind of package; `document` is what was stored, without id."""

    id: str
    seq: int
    document: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.document["name"])


class Driver(Struct, tag="driver"):
    id: str
    name: str


class DeliveryRun(Struct, tag="delivery_run"):
    id: str
    name: str
    warehouse_id: str


class RunSheet(Struct, tag="run_sheet"):
    id: str
    name: str
    date: str
    status: str
    created_at: int


class Manifest(Struct, tag="manifest"):
    id: str
    numeric_id: int
    customer_id: str
    created_at: int


TransportThing = TransportProduct | Driver | DeliveryRun | RunSheet | Manifest
_Named = TypeVar("_Named", Driver, DeliveryRun, RunSheet, TransportProduct)


class TransportOffice:
    def __init__(self) -> None:
        self.products: dict[str, TransportProduct] = {}
        self.drivers: dict[str, Driver] = {}
        self.delivery_runs: dict[str, DeliveryRun] = {}
        self.run_sheets: dict[str, RunSheet] = {}
        self.manifests: dict[str, Manifest] = {}

    def put(self, thing: TransportThing) -> None:
        match thing:
            case TransportProduct():
                self.products[thing.id] = thing
            case Driver():
                self.drivers[thing.id] = thing
            case DeliveryRun():
                self.delivery_runs[thing.id] = thing
            case RunSheet():
                self.run_sheets[thing.id] = thing
            case Manifest():
                self.manifests[thing.id] = thing

    def everything(self) -> Iterator[TransportThing]:
        for things in (self.products, self.drivers, self.delivery_runs, self.run_sheets, self.manifests):
            yield from things.values()


def find_named(things: dict[str, _Named], reference: object) -> _Named | None:
    """By id, else by name; the first supplied decides."""
    if not isinstance(reference, dict):
        return None
    if thing_id := reference.get("id"):
        return things.get(str(thing_id).lower())
    return next((thing for thing in things.values() if thing.name == reference.get("name")), None)
