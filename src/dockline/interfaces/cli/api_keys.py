"""The keys of programs that use the REST API, from the terminal."""

from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.accounts import queries as accounts
from dockline.flows import api_keys, setup
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say

key_app = typer.Typer(no_args_is_help=True, help="The keys of programs that use the REST API.")


@key_app.command("add")
@plainly
def add_key(
    name: str,
    account: Annotated[str, typer.Option(help="The account's name or code. Absent: the whole organization.")] = "",
) -> None:
    """Make a key and show it, once."""
    account_id = setup.get_account_id(account) if account else None
    made = api_keys.add_key(name=name, account_id=account_id, actor=ACTOR, now=timezone.now())
    say(f"Key {name} for {account or 'the organization'}: {made.key}")
    say("It is not shown again. Send it as the header: Authorization: Bearer <key>")


@key_app.command("list")
@plainly
def list_keys() -> None:
    """Show the keys, what each opens and when it was used last."""
    table = Table("Key", "Opens", "Begins with", "Used last", "Revoked")
    for row in accounts.list_keys():
        opens = row.account_name or "the organization"
        used, revoked = (
            moment.isoformat(timespec="minutes") if moment else "" for moment in (row.used_at, row.revoked_at)
        )
        table.add_row(row.name, opens, row.hint, used or "never", revoked)
    out.print(table)


@key_app.command("revoke")
@plainly
def revoke_key(name: str) -> None:
    """Have a key open nothing any more, from the next request on."""
    api_keys.revoke_key(name, actor=ACTOR, now=timezone.now())
    say(f"Key {name} is revoked.")
