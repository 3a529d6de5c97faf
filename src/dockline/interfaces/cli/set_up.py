"""Set up accounts, warehouses and people from the terminal."""

import os
import secrets
from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.rules import AccountId
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import master, setup
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.measures import SizeUnit, WeightUnit

organization_app = typer.Typer(no_args_is_help=True, help="The company that runs this installation.")
account_app = typer.Typer(no_args_is_help=True, help="The brands and merchants whose orders these are.")
warehouse_app = typer.Typer(no_args_is_help=True, help="Places with stock.")
user_app = typer.Typer(no_args_is_help=True, help="The people who sign in.")


@account_app.command("add")
@plainly
def add_account(name: str, time_zone: Annotated[str, typer.Option()] = "UTC") -> None:
    """Create an account; its permanent code is made from its name."""
    setup.add_account(name=name, timezone=time_zone)
    say(f"Account {name} created.")


@organization_app.command("name")
@plainly
def name_organization(name: str) -> None:
    """Name the organization that runs this installation."""
    setup.name_organization(name)
    say(f"The organization is {name}.")


@account_app.command("list")
@plainly
def list_accounts() -> None:
    """Show the accounts with their permanent codes."""
    table = Table("Account", "Code", "Time zone", "Size", "Weight")
    for row in accounts.list_accounts():
        table.add_row(row.name, row.code, row.timezone, row.size_unit, row.weight_unit)
    out.print(table)


@account_app.command("change")
@plainly
def change_account(
    account: str,
    name: Annotated[str, typer.Option(help="What it is called from now on; its code stays.")] = "",
    time_zone: Annotated[str, typer.Option()] = "",
    size_unit: Annotated[str, typer.Option(help=f"What lengths are shown in: {', '.join(SizeUnit)}.")] = "",
    weight_unit: Annotated[str, typer.Option(help=f"What weights are shown in: {', '.join(WeightUnit)}.")] = "",
) -> None:
    """Change an account's name, time zone or units."""
    known = accounts.get_account(setup.get_account_id(account))
    setup.change_account(
        known.id,
        name=name or known.name,
        timezone=time_zone or known.timezone,
        size_unit=size_unit,
        weight_unit=weight_unit,
    )
    say("Changed.")


@account_app.command("master")
@plainly
def choose_master(
    account: str,
    channel: Annotated[str, typer.Argument(help="Absent: Dockline itself.")] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Have a run say what would change; change nothing.")] = False,
) -> None:
    """Choose the account's Master Product Source: the one system whose product data wins."""
    channel_id = find_channel(channel) if channel else None
    if plan:
        asked = setup.get_account_id(account)
        run_id = master.plan_master(asked, channel_id=channel_id, actor=ACTOR, now=timezone.now())
        say(f"Nothing was changed. Run {run_id} under Sync runs says what would change, as soon as a worker did it.")
        return
    master.choose_master(setup.get_account_id(account), channel_id=channel_id, actor=ACTOR, now=timezone.now())
    say(f"The Master Product Source of {account} is {channel or 'Dockline'}.")


@warehouse_app.command("add")
@plainly
def add_warehouse(
    name: str,
    account: Annotated[
        list[str] | None, typer.Option(help="An account that uses it; may be given several times.")
    ] = None,
    member: Annotated[
        list[str] | None,
        typer.Option(help="Makes it virtual: a physical warehouse it groups; may be given several times."),
    ] = None,
    time_zone: Annotated[str, typer.Option()] = "UTC",
) -> None:
    """Create a warehouse and let accounts use it; an account's first one is where its orders go."""
    setup.add_warehouse(
        name=name,
        account_ids=[setup.get_account_id(one) for one in account or ()],
        member_ids=[setup.get_warehouse_id(one) for one in member or ()],
        is_virtual=bool(member),
        timezone=time_zone,
    )
    say(f"Warehouse {name} created.")


@warehouse_app.command("list")
@plainly
def list_warehouses() -> None:
    """Show the warehouses, and what a virtual one groups."""
    table = Table("Warehouse", "Code", "Kind")
    for row in warehouses.list_warehouses(account_id=None):
        kind = f"virtual: {', '.join(row.member_names)}" if row.is_virtual else "physical"
        table.add_row(row.name, row.code, kind)
    out.print(table)


@warehouse_app.command("enable")
@plainly
def enable_warehouse(
    warehouse: str,
    account: Annotated[str, typer.Option(help="The account's name or code.")],
    default: Annotated[bool, typer.Option(help="Orders go here when they ask for none.")] = False,
    turn: Annotated[
        int | None,
        typer.Option(help="Tried so many after the default one, where that has not all of an order; 0 for never."),
    ] = None,
) -> None:
    """Let an account use a warehouse."""
    _set_warehouses(account, warehouse, is_enabled=True, is_default=default, turn=turn)
    say(f"{account} may use {warehouse}.")


@warehouse_app.command("disable")
@plainly
def disable_warehouse(
    warehouse: str, account: Annotated[str, typer.Option(help="The account's name or code.")]
) -> None:
    """Have an account no longer use a warehouse."""
    _set_warehouses(account, warehouse, is_enabled=False, is_default=False)
    say(f"{account} no longer uses {warehouse}.")


@user_app.command("add")
@plainly
def add_user(username: str) -> None:
    """Create a person who may sign in, with the password of DOCKLINE_PASSWORD or a random one that is shown once."""
    given = os.environ.get("DOCKLINE_PASSWORD", "")
    password = setup.add_user(username=username, password=given)
    say(f"User {username} created." + ("" if given else f" Password: {password}"))


@user_app.command("list")
@plainly
def list_users() -> None:
    """Show who may sign in."""
    table = Table("User", "E-mail", "May sign in")
    for row in accounts.list_users():
        table.add_row(row.username, row.email, "yes" if row.is_active else "no")
    out.print(table)


@user_app.command("disable")
@plainly
def disable_user(username: str) -> None:
    """Have a person no longer sign in."""
    setup.set_user_active(setup.get_user_id(username), is_active=False, actor=ACTOR)
    say(f"{username} may no longer sign in.")


@user_app.command("enable")
@plainly
def enable_user(username: str) -> None:
    """Let a person sign in again."""
    setup.set_user_active(setup.get_user_id(username), is_active=True, actor=ACTOR)
    say(f"{username} may sign in again.")


@user_app.command("password")
@plainly
def set_password(username: str) -> None:
    """Give a person another password: that of DOCKLINE_PASSWORD, or a random one that is shown once."""
    given = os.environ.get("DOCKLINE_PASSWORD", "")
    password = given or secrets.token_urlsafe(12)
    setup.set_password(username=username, password=password)
    say("Changed." if given else f"Changed. Password: {password}")


def _set_warehouses(
    account: str, warehouse: str, *, is_enabled: bool, is_default: bool, turn: int | None = None
) -> None:
    account_id, warehouse_id = AccountId(setup.get_account_id(account)), setup.get_warehouse_id(warehouse)
    held = {int(one): default for one, default in warehouses.get_enabled(account_id).items()}
    default_id = next((one for one, default in held.items() if default), None)
    enabled = {*held, warehouse_id} if is_enabled else set(held) - {warehouse_id}
    if is_enabled and (is_default or default_id is None) and warehouse_id in enabled:
        default_id = warehouse_id
    if default_id not in enabled:
        default_id = None if not enabled else default_id
    turns = warehouses.get_turns(account_id)
    if turn is not None:
        turns = {one: known for one, known in turns.items() if one != warehouse_id} | (
            {warehouse_id: turn} if turn else {}
        )
    setup.set_warehouses(account_id, enabled=enabled, default_id=default_id, turns=turns, actor=ACTOR)
