"""Channels from the terminal: connect, change, test, disable, delete, restore."""

import os
import sys
from typing import Annotated, Any

import typer
from django.utils import timezone

from dockline.connectors.contract.notices import CheckReport
from dockline.connectors.contract.settings import describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import BackorderMode, ChannelId, ProductDescription
from dockline.domain.runs.rules import RunKind
from dockline.flows import (
    automations,
    channel_changes,
    channel_life,
    connection,
    credentials,
    master_list,
    setup,
)
from dockline.flows.channel_options import AdvancedOptions, MainOptions
from dockline.flows.connection import Draft
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid, NotFound

channel_app = typer.Typer(no_args_is_help=True, help="An account's link to the system behind a warehouse.")

SECRET_ENV = "DOCKLINE_SECRET_"  # noqa: S105 - the beginning of a name


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
    confirm: Annotated[
        list[str] | None,
        typer.Option(help="A setting over there that you have seen to be right, by its key; or `all` of them."),
    ] = None,
    skip_test: Annotated[bool, typer.Option(help="Connect even if the checklist does not pass.")] = False,
) -> None:
    """Connect a warehouse's system to an account. Secrets come from DOCKLINE_SECRET_<NAME>, never from the line.

    At a terminal, what is required and was not given is asked for.
    """
    spec = connection.describe_connector(connector)
    values = _complete(spec, _parse(setting or []))
    confirmed = _read_confirmed(spec, confirm or [])
    draft = Draft(
        account_id=setup.get_account_id(account),
        warehouse_id=setup.get_warehouse_id(warehouse),
        connector=connector,
        name=name or f"{spec.label} · {warehouse}",
        values=values,
    )
    if not skip_test and not _show(connection.test_draft(draft, confirmed=confirmed)):
        raise Invalid("Nothing was stored, because the connection test did not pass.")
    options = {
        "settle_seconds": settle_seconds,
        "partial_backorder": partial_backorder,
        "product_description": product_description,
        **({"backorder_mode": backorder_mode} if backorder_mode else {}),
    }
    channel_id = connection.connect_channel(
        draft, options=options, confirmed=confirmed, actor=ACTOR, now=timezone.now()
    )
    say(f"Channel {channel_id} {draft.name} connected.")


@channel_app.command("test")
@plainly
def test_channel(channel: str) -> None:
    """Go through the connection checklist; exit code 1 when it does not pass."""
    if not _show(connection.test_connection(channel_id=find_channel(channel), actor=ACTOR)):
        raise typer.Exit(1)


@channel_app.command("change")
@plainly
def change_channel(
    channel: str,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting as name=value, of the channel or its connector.")
    ] = None,
    confirm: Annotated[list[str] | None, typer.Option(help="As for `connect`.")] = None,
) -> None:
    """Change settings; secrets are taken from DOCKLINE_SECRET_<NAME> where it is set."""
    channel_id = find_channel(channel)
    row = channels.get_channel(ChannelId(channel_id))
    spec = connection.describe_connector(row.connector)
    given = _parse(setting or [])
    _refuse_on_the_line(spec, given)
    own = {**MainOptions.model_fields, **AdvancedOptions.model_fields}
    values = {name: value for name, value in given.items() if name not in own} | _secrets_of_environment(spec)
    found = channel_changes.change_channel(
        channel_id,
        options={name: value for name, value in given.items() if name in own},
        values=_give_again(spec, row.connection, values),
        confirmed={*row.confirmations, *_read_confirmed(spec, confirm)} if confirm else None,
        version=row.version,
        is_tested=False,
        actor=ACTOR,
        now=timezone.now(),
    )
    for change in found:
        say(f"{change.label}: {change.before or 'empty'} → {change.after or 'empty'}")
    if not found:
        say("Nothing was changed.")


@channel_app.command("delete")
@plainly
def delete_channel(channel: str, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete a channel, after saying what that does; it can be restored for 30 days."""
    deletion = channel_life.foresee_deletion(find_channel(channel))
    work = deletion.work
    say(f"{deletion.channel.name} takes no more work. Orders, shipments, runs and history stay.")
    if deletion.channel.connection.is_product_master:
        say("It is the Master Product Source of its account; Dockline is from now on.")
    say(f"Open shipments that are frozen: {work.unsent} unsent, {work.unsettled} unsettled, {work.there} there.")
    if not yes and not typer.confirm("Delete it?"):
        raise typer.Exit(1)
    channel_life.delete_channel(channel_id=deletion.channel.id, actor=ACTOR, now=timezone.now())
    say(f"Deleted. `dockline channel restore {deletion.channel.id}` undoes it for {channel_life.KEPT.days} days.")


@channel_app.command("restore")
@plainly
def restore_channel(channel: Annotated[str, typer.Argument(help="Its id, or its name.")]) -> None:
    """Put a deleted channel back as it was."""
    rows = channels.list_deleted_channels(account_id=None)
    found = next((row.id for row in rows if channel in (row.name, str(row.id))), None)
    if found is None:
        known = ", ".join(f"{row.id} {row.name}" for row in rows) or "none"
        raise NotFound(f"There is no deleted channel {channel!r}. Deleted: {known}.", field="channel")
    channel_life.restore_channel(channel_id=found, actor=ACTOR, now=timezone.now())
    say("Restored.")


@channel_app.command("disable")
@plainly
def disable_channel(channel: str) -> None:
    """Let a channel take no work until it is enabled."""
    channel_life.disable_channel(channel_id=find_channel(channel), actor=ACTOR, now=timezone.now())
    say("Disabled.")


@channel_app.command("enable")
@plainly
def enable_channel(channel: str) -> None:
    """Let a disabled channel work again."""
    channel_life.enable_channel(channel_id=find_channel(channel), actor=ACTOR, now=timezone.now())
    say("Enabled.")


@channel_app.command("connectors")
@plainly
def list_connectors() -> None:
    """Show the master list: which connectors there are, what each can do, and what tests have shown of it."""
    for spec in connection.list_connectors():
        can = ", ".join(column.label for column, holds in master_list.list_cells(spec) if holds)
        say(f"{spec.key}  {spec.label}: {can or 'nothing beside sending'}")
        say(f"  {master_list.describe_proof(spec)}")
        for one in master_list.list_proven(spec):
            say(f"  {one.about}: {one.words}")


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


def _complete(spec: ConnectorSpec, values: dict[str, Any]) -> dict[str, Any]:
    """Add secrets from the environment, and what a person at the terminal enters when it is missing."""
    secrets = spec.settings.secret_names()
    _refuse_on_the_line(spec, values)
    for field in describe_settings(spec.settings):
        if field.name in secrets:
            values[field.name] = os.environ.get(SECRET_ENV + field.name.upper(), "")
        if values.get(field.name) or not field.is_required:
            continue
        if sys.stdin.isatty():
            say(field.help)
            values[field.name] = typer.prompt(field.title, hide_input=field.name in secrets)
        elif field.name in secrets:
            raise Invalid(f"Set {SECRET_ENV}{field.name.upper()} in the environment first.", field=field.name)
    return values


def _refuse_on_the_line(spec: ConnectorSpec, values: dict[str, Any]) -> None:
    """Others on this machine can read a command's line."""
    for name in spec.settings.secret_names():
        if name in values:
            raise Invalid(f"Give it as {SECRET_ENV}{name.upper()} in the environment instead.", field=name)


def _secrets_of_environment(spec: ConnectorSpec) -> dict[str, str]:
    named = {name: os.environ.get(SECRET_ENV + name.upper(), "") for name in spec.settings.secret_names()}
    return {name: value for name, value in named.items() if value}


def _give_again(spec: ConnectorSpec, known: Connection, values: dict[str, Any]) -> dict[str, Any]:
    """Ask for the stored secrets that another address needs anew; without a terminal, say where they are read."""
    for name in credentials.merge_values(spec, known, values).left_behind:
        title = spec.settings.model_fields[name].title or name
        if not sys.stdin.isatty():
            raise Invalid(
                f"{title}: {credentials.AGAIN} Set {SECRET_ENV}{name.upper()} in the environment.", field=name
            )
        say(credentials.AGAIN)
        values = values | {name: typer.prompt(title, hide_input=True)}
    return values


def _read_confirmed(spec: ConnectorSpec, keys: list[str]) -> set[str]:
    known = {one.key for one in spec.confirmations}
    if "all" in keys:
        return known
    if unknown := set(keys) - known:
        raise Invalid(f"There is nothing called {', '.join(sorted(unknown))} to confirm.", field="confirm")
    return set(keys)


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
