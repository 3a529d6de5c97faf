"""Set up accounts, warehouses, people and channels from the terminal."""

import os
import secrets
from typing import Annotated, Any

import typer
from django.utils import timezone

from dockline.connectors.contract.notices import CheckReport
from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import BackorderMode, ChannelId, ProductDescription
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations, connection, master, setup
from dockline.flows.connection import Draft
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid, NotFound

account_app = typer.Typer(no_args_is_help=True, help="The brands and merchants whose orders these are.")
warehouse_app = typer.Typer(no_args_is_help=True, help="Places with stock.")
user_app = typer.Typer(no_args_is_help=True, help="The people who sign in.")
channel_app = typer.Typer(no_args_is_help=True, help="An account's link to the system behind a warehouse.")

SECRET_ENV = "DOCKLINE_SECRET_"  # noqa: S105 - the beginning of a name


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


@channel_app.command("connect")
@plainly
def connect_channel(
    account: Annotated[str, typer.Option(help="The account's name or code.")],
    warehouse: Annotated[str, typer.Option(help="The warehouse's name or code.")],
    connector: Annotated[str, typer.Option(help="Which system it is, such as cartoncloud or manual.")],
    name: Annotated[str, typer.Option(help="What people call the channel.")] = "",
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as name=value; may be given several times.")
    ] = None,
    settle_seconds: Annotated[int, typer.Option(help="How long a lost answer may still turn up there.")] = 600,
    partial_backorder: Annotated[bool, typer.Option(help="Send what is in stock of an order, the rest later.")] = False,
    backorder_mode: Annotated[
        BackorderMode | None, typer.Option(help="Who decides when stock is short: the hub or the channel.")
    ] = None,
    product_description: Annotated[
        ProductDescription, typer.Option(help="The product description to send to the channel.")
    ] = ProductDescription.VARIANT,
    skip_test: Annotated[bool, typer.Option(help="Connect even if the checklist does not pass.")] = False,
) -> None:
    """Connect a warehouse's system to an account. Secrets come from DOCKLINE_SECRET_<NAME>, never from the line."""
    spec = connection.describe_connector(connector)
    values: dict[str, Any] = _parse(setting or [])
    for secret in spec.settings.secret_names():
        if secret in values:
            raise Invalid(f"Give it as {SECRET_ENV}{secret.upper()} in the environment instead.", field=secret)
        values[secret] = os.environ.get(SECRET_ENV + secret.upper(), "")
        if not values[secret]:
            raise Invalid(f"Set {SECRET_ENV}{secret.upper()} in the environment first.", field=secret)
    draft = Draft(
        account_id=setup.get_account_id(account),
        warehouse_id=setup.get_warehouse_id(warehouse),
        connector=connector,
        name=name or f"{spec.label} · {warehouse}",
        values=values,
    )
    if not skip_test and not _show(connection.test_draft(draft)):
        raise Invalid("Nothing was stored, because the connection test did not pass.")
    options = {
        "settle_seconds": settle_seconds,
        "partial_backorder": partial_backorder,
        "product_description": product_description,
        **({"backorder_mode": backorder_mode} if backorder_mode else {}),
    }
    channel_id = connection.connect_channel(draft, options=options, now=timezone.now())
    say(f"Channel {channel_id} {draft.name} connected.")


@channel_app.command("test")
@plainly
def test_channel(channel: str) -> None:
    """Go through the connection checklist; exit code 1 when it does not pass."""
    if not _show(connection.test_connection(channel_id=find_channel(channel))):
        raise typer.Exit(1)


@channel_app.command("set")
@plainly
def change_channel(
    channel: str,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A setting as name=value.")] = None,
) -> None:
    """Change settings; secrets are taken from DOCKLINE_SECRET_<NAME> where it is set."""
    channel_id = find_channel(channel)
    spec = connection.describe_connector(channels.get_channel(ChannelId(channel_id)).connector)
    values = _parse(setting or [])
    for secret in spec.settings.secret_names():
        if given := os.environ.get(SECRET_ENV + secret.upper()):
            values[secret] = given
    connection.change_values(channel_id, values=values)
    say("Changed.")


@channel_app.command("rhythm")
@plainly
def set_rhythm(
    channel: str,
    kind: RunKind,
    every_seconds: Annotated[int | None, typer.Argument(min=0, help="0 is off; absent: as the account has it.")] = None,
) -> None:
    """Set how often a synchronisation runs by itself."""
    automations.set_period(find_channel(channel), kind=kind, own_seconds=every_seconds, actor=ACTOR, now=timezone.now())
    words = "as the account has it" if every_seconds is None else f"every {every_seconds} seconds"
    say(f"{kind.label}: {words if every_seconds != 0 else 'off'}.")


@channel_app.command("resume")
@plainly
def resume_channel(channel: str) -> None:
    """Let a paused channel's work go on."""
    connection.resume_channel(channel_id=find_channel(channel), actor=ACTOR, now=timezone.now())
    say("Resumed.")


def find_channel(name_or_id: str) -> int:
    """Return the channel known by this name or id. Raises NotFound, which names those there are."""
    rows = channels.list_channels(account_id=None)
    for row in rows:
        if name_or_id in (row.name, str(row.id)):
            return row.id
    known = ", ".join(f"{row.id} {row.name}" for row in rows) or "none yet"
    raise NotFound(f"There is no channel {name_or_id!r}. Channels: {known}.", field="channel")


def _parse(settings: list[str]) -> dict[str, Any]:
    parsed = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise Invalid(f"{setting!r} is not of the form name=value.", field="set")
        parsed[name.strip()] = value
    return parsed


def _show(report: CheckReport) -> bool:
    marks = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[dim]·[/]"}
    for step in report.steps:
        out.print(f"{marks[step.passed]} {step.name}", end="  ")
        out.print(step.detail, style="dim", markup=False)
    return report.passed
