"""Set an installation up, top down: organization, accounts, people, warehouses, and which account uses which."""

import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dockline.domain.accounts import operations as accounts
from dockline.domain.accounts import queries as account_queries
from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.orders import operations as orders
from dockline.domain.warehouses import operations as warehouses
from dockline.domain.warehouses import queries as warehouse_queries
from dockline.domain.warehouses.rules import WarehouseId, list_refusals, list_wrong_turns
from dockline.flows import job_names
from dockline.flows.changes import Change, Subject, remember_changes, remember_deed
from dockline.kit import clock
from dockline.kit.errors import Conflict, Invalid, NotFound
from dockline.kit.measures import SizeUnit, Unit, WeightUnit, read_unit
from dockline.kit.queue import port as queue

PASSWORD_BYTES = 12
THE_TERMINAL = "the terminal"


@dataclass(frozen=True)
class Step:
    """One step of setting up: `name` is also the name of the page where it is done."""

    name: str
    title: str
    is_done: bool


def list_steps() -> list[Step]:
    """Return the steps from nothing to the first order, in order, with those that are done."""
    has_account = bool(account_queries.list_accounts(limit=1))
    has_warehouse = bool(warehouse_queries.list_warehouses(account_id=None, limit=1))
    has_enabled = has_account and has_warehouse and channels.is_any_warehouse_enabled()
    has_channel = bool(channels.list_channels(account_id=None, limit=1))
    return [
        Step("organization", "Name your organization", bool(account_queries.get_organization_name())),
        Step("warehouses", "Add the warehouses that ship", has_warehouse),
        Step("accounts", "Add an account for each brand whose orders you ship", has_account),
        Step("enable", "Enable a warehouse for the account", has_enabled),
        Step("channel-connect", "Connect the channel to the warehouse's system", has_channel),
    ]


@transaction.atomic
def name_organization(name: str, *, actor: str = THE_TERMINAL, now: datetime | None = None) -> None:
    """Name the organization. Raises Invalid."""
    before = account_queries.get_organization_name()
    accounts.rename_organization(name)
    change = Change("name", "Organization", before, name.strip())
    _note(Subject("organization", accounts.ensure_organization()), [change], actor, now)


@transaction.atomic
def add_account(*, name: str, timezone: str = "UTC", actor: str = THE_TERMINAL, now: datetime | None = None) -> int:
    """Create an account and return its id. Raises Invalid, Conflict."""
    account_id = accounts.add_account(name=name, timezone=timezone)
    code = account_queries.get_account(account_id).code
    _deed(Subject("account", account_id, account_id), "added", f"Account added with the code {code}.", actor, now)
    return account_id


@transaction.atomic
def change_account(
    account_id: int,
    *,
    name: str,
    timezone: str,
    size_unit: str = "",
    weight_unit: str = "",
    actor: str = THE_TERMINAL,
    now: datetime | None = None,
) -> None:
    """Change an account's name, time zone and units; an empty unit stays. Raises NotFound, Invalid."""
    before = account_queries.get_account(account_id)
    accounts.change_account(
        account_id,
        name=name,
        timezone=timezone,
        size_unit=_unit(SizeUnit, size_unit or before.size_unit, "size_unit"),
        weight_unit=_unit(WeightUnit, weight_unit or before.weight_unit, "weight_unit"),
    )
    after = account_queries.get_account(account_id)
    changes = [
        Change("name", "Name", before.name, after.name),
        Change("timezone", "Time zone", before.timezone, after.timezone),
        Change("size_unit", "Size", before.size_unit.label, after.size_unit.label),
        Change("weight_unit", "Weight", before.weight_unit.label, after.weight_unit.label),
    ]
    _note(Subject("account", account_id, account_id), changes, actor, now)


@transaction.atomic
def add_warehouse(
    *,
    name: str,
    account_ids: Sequence[int] = (),
    timezone: str = "UTC",
    member_ids: Sequence[int] = (),
    is_virtual: bool = False,
    actor: str = THE_TERMINAL,
    now: datetime | None = None,
) -> int:
    """Create a warehouse, let these accounts use it, and return its id. Raises Invalid, Conflict."""
    warehouse_id = warehouses.add_warehouse(
        organization_id=accounts.ensure_organization(),
        name=name,
        timezone=timezone,
        member_ids=member_ids,
        is_virtual=is_virtual,
    )
    kind = "Virtual warehouse" if is_virtual else "Warehouse"
    _deed(Subject("warehouse", warehouse_id), "added", f"{kind} {name.strip()} added.", actor, now)
    for account_id in account_ids:
        enabled = warehouse_queries.get_enabled(AccountId(account_id))
        default_id = next((one for one, is_default in enabled.items() if is_default), None)
        if default_id is None and not is_virtual:
            default_id = WarehouseId(warehouse_id)
        set_warehouses(account_id, enabled={*enabled, warehouse_id}, default_id=default_id, actor=actor, now=now)
    return warehouse_id


@transaction.atomic
def set_warehouses(
    account_id: int,
    *,
    enabled: Set[int],
    default_id: int | None,
    turns: Mapping[int, int] | None = None,
    actor: str,
    now: datetime | None = None,
) -> None:
    """Have an account use exactly these warehouses, orders going to the default one when they ask for none.

    Where that one has not all of an order, those with a turn are tried; without `turns` they keep theirs. Raises
    Conflict with every reason why it may not, and changes nothing then. Source: functional specification, section 4.
    """
    rows = {row.id: row for row in warehouse_queries.list_warehouses(account_id=None)}
    if unknown := {*enabled, *({default_id} - {None})} - set(rows):
        raise NotFound(f"There is no warehouse {sorted(map(str, unknown))[0]}.", field="warehouses")
    held = warehouse_queries.get_enabled(AccountId(account_id))
    in_use = {row.warehouse_id: row.name for row in channels.list_channels(account_id=AccountId(account_id))}
    refusals = list_refusals(
        [row.place for row in rows.values()],
        before=set(held),
        after=set(enabled),
        default_id=default_id,
        in_use={int(one): name for one, name in in_use.items()},
    )
    had = warehouse_queries.get_turns(AccountId(account_id))
    follow = {one: turn for one, turn in (had if turns is None else turns).items() if one in enabled - {default_id}}
    refusals += list_wrong_turns([row.place for row in rows.values()], follow)
    if refusals:
        raise Conflict(" ".join(refusals), field="warehouses")
    warehouses.set_enabled(account_id, enabled=enabled, default_id=default_id, turns=follow)
    former = next((one for one, is_default in held.items() if is_default), None)
    changes = [
        Change(f"warehouse:{row.id}", row.name, _state(is_on=row.id in held), _state(is_on=row.id in enabled))
        for row in rows.values()
    ]
    names = {int(row.id): row.name for row in rows.values()}
    changes.append(Change("default", "Default warehouse", names.get(former or 0, ""), names.get(default_id or 0, "")))
    changes += [
        Change(f"turn:{row.id}", f"Turn of {row.name}", str(had.get(row.id, "")), str(follow.get(row.id, "")))
        for row in rows.values()
    ]
    _note(Subject("account", account_id, account_id), changes, actor, now)
    if orders.wake_backorders(account_id, variant_ids=None, now=now or clock.now()):
        queue.wake(job_names.ADVANCE, account_id)


@transaction.atomic
def add_user(
    *, username: str, password: str = "", email: str = "", actor: str = THE_TERMINAL, now: datetime | None = None
) -> str:
    """Create a person who may sign in and return their password, made up where none is given.

    Raises Invalid, Conflict.
    """
    chosen = password or secrets.token_urlsafe(PASSWORD_BYTES)
    user_id = accounts.add_user(username=username, password=chosen, email=email)
    _deed(Subject("user", user_id), "added", f"{username} may sign in.", actor, now)
    return chosen


@transaction.atomic
def set_user_active(user_id: int, *, is_active: bool, actor: str, now: datetime | None = None) -> None:
    """Let a person sign in or not. Raises NotFound; NotNow for the last one who could."""
    name = accounts.set_user_active(user_id, is_active=is_active)
    sentence = f"{name} may sign in again." if is_active else f"{name} may no longer sign in."
    _deed(Subject("user", user_id), "changed", sentence, actor, now)


def set_password(*, username: str, password: str) -> None:
    """Replace a person's password. Raises Invalid."""
    accounts.set_password(username=username, password=password)


def get_account_id(name_or_code: str) -> int:
    """Return the account known by this name or code. Raises NotFound, which names those there are."""
    rows = account_queries.list_accounts()
    for row in rows:
        if name_or_code in (row.name, row.code):
            return row.id
    known = ", ".join(row.name for row in rows) or "none yet"
    raise NotFound(f"There is no account {name_or_code!r}. Accounts: {known}.", field="account")


def get_warehouse_id(name_or_code: str) -> int:
    """Return the warehouse known by this name or code. Raises NotFound, which names those there are."""
    rows = warehouse_queries.list_warehouses(account_id=None)
    for row in rows:
        if name_or_code in (row.name, row.code):
            return row.id
    known = ", ".join(row.name for row in rows) or "none yet"
    raise NotFound(f"There is no warehouse {name_or_code!r}. Warehouses: {known}.", field="warehouse")


def get_user_id(username: str) -> int:
    """Return the person of this name. Raises NotFound."""
    for row in account_queries.list_users():
        if row.username == username:
            return row.id
    raise NotFound(f"There is no user {username}.", field="username")


def _unit(units: type[Unit], said: str, field: str) -> Unit:
    try:
        return read_unit(units, said)
    except ValueError as error:
        raise Invalid(f"{error}.", field=field) from None


def _note(subject: Subject, changes: Sequence[Change], actor: str, now: datetime | None) -> None:
    real = [change for change in changes if change.before != change.after]
    remember_changes(subject, real, actor=actor, now=now or clock.now())


def _deed(subject: Subject, kind: str, sentence: str, actor: str, now: datetime | None) -> None:
    remember_deed(subject, kind, sentence, actor=actor, now=now or clock.now())


def _state(*, is_on: bool) -> str:
    return "enabled" if is_on else "disabled"
