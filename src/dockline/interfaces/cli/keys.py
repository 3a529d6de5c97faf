"""The keys that encrypt secrets, from the terminal."""

from typing import Annotated

import typer

from dockline.flows import keys
from dockline.interfaces.cli.speak import plainly, say

keys_app = typer.Typer(no_args_is_help=True, help="The keys that encrypt the secrets of channels.")


@keys_app.callback()
def about_keys() -> None:
    """The keys that encrypt the secrets of channels."""


@keys_app.command("new")
@plainly
def new_keys() -> None:
    """Make keys where the former ones are gone for good: what they encrypted stays unreadable and is entered anew."""
    keys.make_keys()
    say("New keys were made. Keep a copy of keys.json, start Dockline again, and enter each channel's secrets anew.")


@keys_app.command("rotate")
@plainly
def rotate_keys(
    current: Annotated[bool, typer.Option("--current", help="Make no new key; use the one that is current.")] = False,
) -> None:
    """Make a new key and encrypt every secret anew with it; keep a copy of keys.json before and after."""
    count = keys.encrypt_anew() if current else keys.rotate_keys()
    say(f"{count} text{'' if count == 1 else 's'} encrypted anew. Restart the other processes when it suits you.")
