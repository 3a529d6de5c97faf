"""Sales orders from the terminal."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from django.utils import timezone

from dockline.domain.accounts.rules import AccountId
from dockline.domain.orders import queries as orders
from dockline.domain.orders.rules import OrderId
from dockline.flows import setup
from dockline.flows.outbound import cancel, on_hold
from dockline.interfaces.cli.speak import ACTOR, plainly, say
from dockline.kit.errors import NotFound

order_app = typer.Typer(no_args_is_help=True, help="What customers have ordered.")

Number = Annotated[str, typer.Argument(help="The order's number.")]
Account = Annotated[str, typer.Option(help="The account's name or code, where several have this number.")]
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@order_app.command("hold")
@plainly
def hold_order(
    number: Number,
    reason: Annotated[str, typer.Option(help="Why.")],
    until: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="When it goes on by itself, in UTC.")] = None,
    ask_warehouse: Annotated[
        bool, typer.Option("--ask-warehouse", help="Ask the warehouse to give back what it has; it may refuse.")
    ] = False,
    account: Account = "",
) -> None:
    """Put an order on hold: nothing of it is allocated or sent meanwhile."""
    held = on_hold.put_on_hold(
        order_id=find_order(number, account),
        reason=reason,
        until=until.replace(tzinfo=UTC) if until else None,
        ask_warehouse=ask_warehouse,
        actor=ACTOR,
        now=timezone.now(),
    )
    say(held.sentence)


@order_app.command("resume")
@plainly
def resume_order(number: Number, account: Account = "") -> None:
    """Take an order off hold: it goes on."""
    on_hold.take_off_hold(order_id=find_order(number, account), actor=ACTOR, now=timezone.now())
    say(f"Order {number} goes on.")


@plainly
def cancel_order(number: Number, account: Account = "") -> None:
    """Cancel an order: at once what is still here, and what is at a warehouse as soon as that agrees."""
    say(cancel.ask_to_cancel(order_id=find_order(number, account), actor=ACTOR, now=timezone.now()).sentence)


def find_order(number: str, account: str) -> OrderId:
    """Return the one order of a number. Raises NotFound."""
    account_id = AccountId(setup.get_account_id(account)) if account else None
    found = orders.list_order_ids_numbered(number, account_id=account_id)
    if len(found) != 1:
        raise NotFound(f"{'Several accounts have an' if found else 'There is no'} order {number!r}.", field="number")
    return found[0]
