"""What each endpoint can be searched by: pointers, old key names, and the indexes behind some of them."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from cartoncloud_simulator.world.entities import Consignment, Order, Product
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.world import World


class Moment(NamedTuple):
    """A timestamp of an entity, with the zone it is shown in."""

    seconds: int
    zone: str


Value = str | bool | Decimal | Moment | None
Getter = Callable[[World, Any], Value]
Index = Callable[[World, str], Collection[str]]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OPEN_POINTERS = ("/references/", "/properties/")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One searchable collection."""

    name: str
    all: Callable[[World], dict[str, Any]]
    pointers: dict[str, Getter]
    aliases: dict[str, str]
    indexes: dict[str, Index]
    modified_since: Callable[[World, float], Collection[str]] | None = None
    is_open: Callable[[World], bool] = field(default=lambda world: True)
    visible: Callable[[World, Any], bool] = field(default=lambda world, entity: True)
    # The pointers that are documented or were seen working; nothing where these are all there are.
    attested: frozenset[str] = frozenset()

    def takes(self, world: World, pointer: str) -> bool:
        """Whether the tenant lets this pointer be named at all, known or not."""
        return not self.attested or world.settings.undocumented_pointers_searchable or pointer in self.attested

    def find_getter(self, world: World, pointer: str) -> Getter | None:
        """Named pointers and, where the endpoint is open, any key below references and properties."""
        if pointer in self.pointers:
            return self.pointers[pointer]
        if not self.is_open(world):
            return None
        for prefix in _OPEN_POINTERS:
            if pointer.startswith(prefix) and len(pointer) > len(prefix):
                return _open_getter(prefix.strip("/"), pointer[len(prefix) :].replace("~1", "/").replace("~0", "~"))
        return None


def is_day(value: Any) -> bool:
    """A day of the calendar, written as YYYY-MM-DD."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _open_getter(holder: str, key: str) -> Getter:
    def get(world: World, entity: Any) -> Value:
        held = entity.document.get(holder) if isinstance(entity, Product) else getattr(entity, holder)
        return _plain((held or {}).get(key))

    return get


def _plain(value: Any) -> Value:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, str | bool | Decimal) else None


def detail(*path: str) -> Getter:
    def get(world: World, entity: Any) -> Value:
        value: Any = entity.document.get("details") if isinstance(entity, Product) else entity.details
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return _plain(value)

    return get


def moment(name: str) -> Getter:
    def get(world: World, entity: Any) -> Value:
        seconds = getattr(entity, name)
        if seconds is None:
            return None
        warehouse_id = getattr(entity, "warehouse_id", None)
        zone = world.zone_of(warehouse_id) if warehouse_id else world.default_warehouse().timezone
        return Moment(seconds, zone)

    return get


def _customer_code(world: World, entity: Any) -> Value:
    return world.customers[entity.customer_id].code


def _customer_name(world: World, entity: Any) -> Value:
    return world.customers[entity.customer_id].name


def _warehouse_name(world: World, entity: Any) -> Value:
    return world.warehouses[entity.warehouse_id].name


def _is_active(world: World, product: Product) -> Value:
    return product.active


CUSTOMER: dict[str, Getter] = {
    "/customer/id": lambda world, entity: str(entity.customer_id),
    "/customer/name": _customer_name,
    "/customer/references/code": _customer_code,
}
WAREHOUSE: dict[str, Getter] = {
    "/warehouse/id": lambda world, entity: str(entity.warehouse_id),
    "/warehouse/name": _warehouse_name,
}

ORDERS = Endpoint(
    name="outbound-orders",
    all=lambda world: world.orders.by_id,
    pointers={
        "/id": lambda world, order: str(order.id),
        "/type": lambda world, order: "OUTBOUND",
        "/status": lambda world, order: str(order.status),
        "/version": lambda world, order: Decimal(order.version),
        "/references/customer": lambda world, order: str(order.references["customer"]),
        "/references/numericId": lambda world, order: str(order.numeric_id),
        "/timestamps/created/time": moment("created_at"),
        "/timestamps/modified/time": moment("modified_at"),
        "/timestamps/packed/time": moment("packed_at"),
        "/timestamps/dispatched/time": moment("dispatched_at"),
        "/details/urgent": detail("urgent"),
        "/details/allowSplitting": detail("allowSplitting"),
        "/details/collect/requiredDate": detail("collect", "requiredDate"),
        "/details/deliver/requiredDate": detail("deliver", "requiredDate"),
        "/details/deliver/method/type": detail("deliver", "method", "type"),
        **CUSTOMER,
        **WAREHOUSE,
    },
    aliases={
        "reference": "/references/customer",
        "customerName": "/customer/name",
        "customerId": "/customer/id",
    },
    indexes={
        "/id": lambda world, value: world.orders.ids_by_id(value),
        "/references/customer": lambda world, value: world.orders.ids_by_reference(value),
        "/customer/id": lambda world, value: world.orders.ids_by_customer(value),
        "/status": lambda world, value: world.orders.ids_by_status(value.upper()),
    },
    modified_since=lambda world, since: world.orders.ids_modified_since(since),
    visible=lambda world, order: is_visible(world, order),
    attested=frozenset(
        {
            "/references/customer",
            "/references/numericId",
            "/customer/id",
            "/customer/name",
            "/status",
            "/details/collect/requiredDate",
            "/timestamps/created/time",
            "/timestamps/modified/time",
            "/timestamps/packed/time",
            "/timestamps/dispatched/time",
        }
    ),
)


def is_visible(world: World, order: Order | InboundOrder) -> bool:
    return world.clock.seconds() >= order.visible_at + world.settings.search_lag_seconds


PRODUCTS = Endpoint(
    name="warehouse-products",
    all=lambda world: world.catalogue.by_id,
    pointers={
        "/id": lambda world, product: str(product.id),
        "/code": lambda world, product: str(product.code),
        "/name": lambda world, product: str(product.name),
        "/details/active": _is_active,
        "/timestamps/created/time": moment("created_at"),
        "/timestamps/modified/time": moment("modified_at"),
        "/customer/id": CUSTOMER["/customer/id"],
        "/customer/name": CUSTOMER["/customer/name"],
    },
    aliases={},
    indexes={
        "/id": lambda world, value: world.catalogue.ids_by_id(value),
        "/code": lambda world, value: world.catalogue.ids_by_code(value),
        "/customer/id": lambda world, value: world.catalogue.ids_by_customer(value),
    },
    is_open=lambda world: world.settings.product_references_searchable,
)


def _order_id(world: World, consignment: Consignment) -> Value:
    return consignment.order_id


def _of_run_sheet(name: str) -> Getter:
    def get(world: World, consignment: Consignment) -> Value:
        sheet = world.transport.run_sheets.get(consignment.run_sheet_id or "")
        return str(getattr(sheet, name)) if sheet else None

    return get


def _delivery_run_name(world: World, consignment: Consignment) -> Value:
    run = world.transport.delivery_runs.get(consignment.delivery_run_id or "")
    return run.name if run else None


def _driver_name(world: World, consignment: Consignment) -> Value:
    driver = world.transport.drivers.get(consignment.driver_id or "")
    return driver.name if driver else None


CONSIGNMENTS = Endpoint(
    name="consignments",
    all=lambda world: world.consignments.by_id,
    pointers={
        "/id": lambda world, consignment: str(consignment.id),
        "/status": lambda world, consignment: str(consignment.status),
        "/generatedFromTask/id": _order_id,
        "/details/type": detail("type"),
        "/references/customer": lambda world, consignment: _plain(consignment.references.get("customer")),
        "/references/numericId": lambda world, consignment: str(consignment.numeric_id),
        "/timestamps/created/time": moment("created_at"),
        "/timestamps/modified/time": moment("modified_at"),
        "/createDate": moment("created_at"),
        "/lastModified": moment("modified_at"),
        "/details/runsheet/id": lambda world, consignment: _plain(consignment.run_sheet_id),
        "/details/runsheet/name": _of_run_sheet("name"),
        "/details/runsheet/date": _of_run_sheet("date"),
        "/details/runsheet/status": _of_run_sheet("status"),
        "/details/deliveryRun/id": lambda world, consignment: _plain(consignment.delivery_run_id),
        "/details/deliveryRun/name": _delivery_run_name,
        "/details/manifest/id": lambda world, consignment: _plain(consignment.manifest_id),
        "/user/id": lambda world, consignment: _plain(consignment.driver_id),
        "/user/name": _driver_name,
        **CUSTOMER,
        **WAREHOUSE,
    },
    aliases={
        "reference": "/references/customer",
        "customerName": "/customer/name",
        "customerId": "/customer/id",
        "runSheetId": "/details/runsheet/id",
        "runSheetDate": "/details/runsheet/date",
        "runSheetName": "/details/runsheet/name",
        "runSheetStatus": "/details/runsheet/status",
        "driverId": "/user/id",
        "driverName": "/user/name",
        "deliveryRunId": "/details/deliveryRun/id",
        "deliveryRunName": "/details/deliveryRun/name",
    },
    indexes={
        "/id": lambda world, value: world.consignments.ids_by_id(value),
        "/generatedFromTask/id": lambda world, value: world.consignments.ids_by_order(value),
        "/references/customer": lambda world, value: world.consignments.ids_by_reference(value),
        "/customer/id": lambda world, value: world.consignments.ids_by_customer(value),
    },
    modified_since=lambda world, moment: world.consignments.ids_modified_since(moment),
    attested=frozenset({"/generatedFromTask/id", "/details/type"}),
)
