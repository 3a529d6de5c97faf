"""What the transport office keeps besides consignments: package types, drivers, runs, run sheets, manifests."""

from collections.abc import Iterator
from typing import TypeVar

from cartoncloud_simulator.world.entities import DeliveryRun, Driver, Manifest, RunSheet, TransportProduct

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
        return things.get(str(thing_id))
    return next((thing for thing in things.values() if thing.name == reference.get("name")), None)
