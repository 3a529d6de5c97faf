"""The webhooks of a channel from the terminal."""

from typing import Annotated

import typer
from django.utils import timezone

from dockline.domain.channels import queries as channels
from dockline.flows import webhooks
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, plainly, say
from dockline.kit.errors import NotNow

webhook_app = typer.Typer(no_args_is_help=True, help="Where a channel may be called from outside, and with which key.")

Server = Annotated[str, typer.Option(help="Where Dockline is reached from outside, such as https://hub.example.")]
HERE = "http://127.0.0.1:8000"


@webhook_app.command("show")
@plainly
def show_webhooks(channel: str, server: Server = HERE) -> None:
    """Show the addresses, how calls went, and what to ask the far side's people for."""
    page = webhooks.describe(channels.get_connection(find_channel(channel)), server=server)
    if page.endpoint is None:
        raise NotNow("Nobody can call this channel yet: `dockline channel webhook replace` makes an address and a key.")
    endpoint = page.endpoint
    last = f"the last {endpoint.received_at:%Y-%m-%d %H:%M:%S} UTC" if endpoint.received_at else "none yet"
    say(f"{endpoint.received} calls, {endpoint.ignored} of them not acted upon; {last}.")
    if endpoint.refused_at:
        say(f"A call was refused {endpoint.refused_at:%Y-%m-%d %H:%M:%S} UTC: {endpoint.refused_reason}")
    if not page.is_heeded:
        say("The Automation Mode is Recurring: calls change nothing.")
    say(f"The key ends in {endpoint.key_tail}, made by {endpoint.key_by}.")
    say(f"\n{page.request}")


@webhook_app.command("replace")
@plainly
def replace_webhooks(
    channel: str,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="A new address too; the former address and key stop at once.")
    ] = False,
    server: Server = HERE,
) -> None:
    """Make an address and a key, or a new key, and show it this once. The former key works for two weeks more."""
    channel_id = find_channel(channel)
    known = channels.get_connection(channel_id)
    page = webhooks.describe(known, server=server)
    is_new = at_once or page.endpoint is None
    make = webhooks.open_endpoint if is_new else webhooks.replace_key
    key = make(channel_id, actor=ACTOR, now=timezone.now())
    made = webhooks.describe(known, server=server, key=key)
    say(f"The key, shown this once: {key}\n")
    say(made.request)
