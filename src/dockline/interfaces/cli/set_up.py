"""Set up accounts, warehouses and people from the terminal."""

import os
import secrets
from typing import Annotated

import typer
from django.utils import timezone

from dockline.flows import master, setup
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, plainly, say

account_app = typer.Typer(no_args_is_help=True, help="The brands and merchants whose orders these are.")
warehouse_app = typer.Typer(no_args_is_help=True, help="Places with stock.")
user_app = typer.Typer(no_args_is_help=True, help="The people who sign in.")


@account_app.command("add")
@plainly
def add_account(name: str, time_zone: Annotated[str, typer.Option()] = "UTC") -> None:
    """Create an account; its permanent code is made from its name."""
    setup.add_account(name=name, timezone=time_zone)
    say(f"Account {name} created.")


@account_app.command("master")
@plainly
def choose_master(account: str, channel: Annotated[str, typer.Argument(help="Absent: Dockline itself.")] = "") -> None:
    """Choose the account's Master Product Source: the one system whose product data wins."""
    channel_id = find_channel(channel) if channel else None
    master.choose_master(setup.get_account_id(account), channel_id=channel_id, actor=ACTOR, now=timezone.now())
    say(f"The Master Product Source of {account} is {channel or 'Dockline'}.")


@warehouse_app.command("add")
@plainly
def add_warehouse(
    name: str,
    account: Annotated[list[str], typer.Option(help="An account that uses it; may be given several times.")],
    time_zone: Annotated[str, typer.Option()] = "UTC",
) -> None:
    """Create a warehouse and let accounts use it; an account's first one is where its orders go."""
    ids = [setup.get_account_id(one) for one in account]
    setup.add_warehouse(name=name, account_ids=ids, timezone=time_zone)
    say(f"Warehouse {name} created.")


@user_app.command("add")
@plainly
def add_user(username: str) -> None:
    """Create a person who may sign in, with the password of DOCKLINE_PASSWORD or a random one that is shown once."""
    given = os.environ.get("DOCKLINE_PASSWORD", "")
    password = given or secrets.token_urlsafe(12)
    setup.add_user(username=username, password=password)
    say(f"User {username} created." + ("" if given else f" Password: {password}"))
