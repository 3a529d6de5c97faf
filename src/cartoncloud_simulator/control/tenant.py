"""Control of who and where: state, settings, customers, warehouses, clients."""

import zoneinfo
from typing import Any

import msgspec

from cartoncloud_simulator.control.endpoint import Command, describe_error
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.settings import (
    Settings,
    describe_settings,
    explain_settings,
    resolve_customer_settings,
    without_nulls,
)
from cartoncloud_simulator.settings_sources import chapter_of, list_by_chapter
from cartoncloud_simulator.simulator import new_client
from cartoncloud_simulator.world.entities import ROLES, Client, Customer, Warehouse
from cartoncloud_simulator.world.world import World, new_id


class NewCustomer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    code: str | None = None
    settings: dict[str, Any] = {}


class CustomerPatch(msgspec.Struct, forbid_unknown_fields=True):
    settings: dict[str, Any]


class NewWarehouse(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    timezone: str = "Australia/Brisbane"


class ClientPatch(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    name: str | msgspec.UnsetType = msgspec.UNSET
    roles: list[str] | msgspec.UnsetType = msgspec.UNSET
    customers: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    warehouses: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    internal: bool | msgspec.UnsetType = msgspec.UNSET


class NewClient(msgspec.Struct, forbid_unknown_fields=True):
    name: str = "API client"
    roles: list[str] = msgspec.field(default_factory=lambda: list(ROLES))
    customers: list[str] | None = None
    warehouses: list[str] | None = None
    internal: bool = True


def show_health(command: Command) -> Any:
    return {"status": "ok"}


def show_state(command: Command) -> Any:
    world = command.world
    return {
        "tenant": {"id": world.tenant.id, "name": world.tenant.name, "slug": world.tenant.slug},
        "clients": [_describe_client(client) for client in world.clients.values()],
        "customers": [_describe_customer(customer) for customer in world.customers.values()],
        "warehouses": [_describe_warehouse(warehouse) for warehouse in world.warehouses.values()],
        "orders": world.orders.count_by_status(),
        "inbound_orders": world.inbound_orders.count_by_status(),
        "consignments": len(world.consignments.by_id),
        "products": len(world.catalogue.by_id),
        "lots": len(world.stockroom.by_id),
        "ledger_seq": world.ledger.seq,
    }


def show_settings(command: Command) -> Any:
    return msgspec.to_builtins(command.world.settings)


def show_effective_settings(command: Command) -> Any:
    """What holds for the tenant or, with `customer`, for one of its customers, and what says so."""
    overrides: dict[str, Any] = {}
    if (customer_id := command.query.get("customer")) is not None:
        if customer_id not in command.world.customers:
            raise invalid("?customer", "Customer not found")
        overrides = command.world.customers[customer_id].settings
    return explain_settings(command.world.settings, overrides)


def describe_all_settings(command: Command) -> Any:
    return describe_settings()


def show_settings_schema(command: Command) -> Any:
    """Every setting as JSON Schema: chapter, type, choices, default, description."""
    schema = msgspec.json.schema_components([Settings])[1]["Settings"]
    described = {name: {"chapter": chapter_of(name), **schema["properties"][name]} for name in list_by_chapter()}
    return {**schema, "properties": described, "additionalProperties": False}


def change_settings(command: Command) -> Any:
    try:
        command.world.change_settings(command.read(dict[str, Any], float_hook=float))
    except msgspec.ValidationError as error:
        raise describe_error(error) from None
    return show_settings(command)


def add_customer(command: Command) -> Any:
    sent = command.read(NewCustomer)
    world = command.world
    if not sent.name.strip():
        raise invalid("/name", "Name cannot be empty")
    if any(known.name == sent.name for known in world.customers.values()):
        raise invalid("/name", "A customer with this name already exists")
    _check_customer_settings(world, sent.settings)
    warehouses = [world.default_warehouse().id]
    profile = {"scope": "CUSTOMER", "warehouses": warehouses}
    customer = Customer(id=new_id(), name=sent.name, code=sent.code, settings=sent.settings, profile=profile)
    world.save(customer)
    return _describe_customer(customer)


def change_customer(command: Command) -> Any:
    """New settings replace old ones name by name; null takes an override back."""
    patch = command.read(CustomerPatch).settings
    world = command.world
    customer = world.customers.get(command.path["id"])
    if customer is None:
        raise plain(404, "Customer not found")
    settings = without_nulls({**customer.settings, **patch})
    _check_customer_settings(world, settings)
    customer.settings = settings
    world.save(customer)
    return _describe_customer(customer)


def add_warehouse(command: Command) -> Any:
    sent = command.read(NewWarehouse)
    world = command.world
    if not sent.name.strip():
        raise invalid("/name", "Name cannot be empty")
    if any(known.name == sent.name for known in world.warehouses.values()):
        raise invalid("/name", "A warehouse with this name already exists")
    try:
        zoneinfo.ZoneInfo(sent.timezone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise invalid("/timezone", f"Unknown time zone {sent.timezone}") from None
    address = {"id": new_id(), "companyName": sent.name, "address1": "1 Depot Street"}
    warehouse = Warehouse(id=new_id(), name=sent.name, timezone=sent.timezone, address=address)
    world.save(warehouse)
    return _describe_warehouse(warehouse)


def add_client(command: Command) -> Any:
    sent = command.read(NewClient)
    world = command.world
    _check_access(world, sent)
    client = new_client(sent.name)
    client.roles = sent.roles
    client.customer_ids, client.warehouse_ids = sent.customers, sent.warehouses
    client.internal = sent.internal
    world.save(client)
    return {**_describe_client(client), "secret": client.secret}


def change_client(command: Command) -> Any:
    """What is named takes effect at once, tokens that are out included; null customers or warehouses mean all."""
    sent, client = command.read(ClientPatch), _find_client(command)
    _check_access(command.world, sent)
    patch = {name: value for name, value in msgspec.structs.asdict(sent).items() if value is not msgspec.UNSET}
    known = {"customers": "customer_ids", "warehouses": "warehouse_ids"}
    for name, value in patch.items():
        setattr(client, known.get(name, name), value)
    command.world.save(client)
    return _describe_client(client)


def rotate_client(command: Command) -> Any:
    """A new secret; the old one and every token got with it are dead at once."""
    client = _find_client(command)
    client.secret = new_client("").secret
    client.generation += 1
    command.world.save(client)
    return {**_describe_client(client), "secret": client.secret}


def _find_client(command: Command) -> Client:
    client = command.world.clients.get(command.path["id"])
    if client is None:
        raise plain(404, "Client not found")
    return client


def _check_access(world: World, sent: NewClient | ClientPatch) -> None:
    for index, role in enumerate(sent.roles or []):
        if role not in ROLES:
            raise invalid(f"/roles/{index}", f"Unknown role {role}; there are: {', '.join(ROLES)}")
    for index, customer_id in enumerate(sent.customers or []):
        if customer_id not in world.customers:
            raise invalid(f"/customers/{index}", "Customer not found")
    for index, warehouse_id in enumerate(sent.warehouses or []):
        if warehouse_id not in world.warehouses:
            raise invalid(f"/warehouses/{index}", "Warehouse not found")


def _check_customer_settings(world: World, settings: dict[str, Any]) -> None:
    try:
        resolve_customer_settings(world.settings, settings)
    except msgspec.ValidationError as error:
        refusal = describe_error(error)
        refusal.errors[0]["field"] = f"/settings{refusal.errors[0]['field']}"
        raise refusal from None


def _describe_client(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "roles": client.roles,
        "customers": client.customer_ids,
        "warehouses": client.warehouse_ids,
        "internal": client.internal,
    }


def _describe_customer(customer: Customer) -> dict[str, Any]:
    return {"id": customer.id, "name": customer.name, "code": customer.code, "settings": customer.settings}


def _describe_warehouse(warehouse: Warehouse) -> dict[str, Any]:
    return {"id": warehouse.id, "name": warehouse.name, "timezone": warehouse.timezone}
