"""Purchase orders from the terminal."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.accounts.rules import AccountId
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.purchases.queries import UnknownPurchaseOrder
from dockline.flows import setup
from dockline.flows.inbound import cancel, place, repair
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid

purchase_app = typer.Typer(no_args_is_help=True, help="What an account has ordered from its suppliers.")


@purchase_app.command("add")
@plainly
def add_purchase(
    number: str,
    account: Annotated[str, typer.Option(help="The account's name or code.")],
    warehouse: Annotated[str, typer.Option(help="Where it will arrive: a warehouse's name or code.")],
    line: Annotated[list[str], typer.Option(help="What was ordered, as SKU=quantity; may be given several times.")],
    supplier: Annotated[str, typer.Option()] = "",
    arrival: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it is expected.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft; nobody is told of it.")] = False,
) -> None:
    """Enter a purchase order and approve it: the warehouse's system is told, and what arrives is booked to it."""
    placed = place.place_purchase(
        account_id=setup.get_account_id(account),
        warehouse_id=setup.get_warehouse_id(warehouse),
        content=PurchaseContent(
            number,
            [_parse(one) for one in line],
            supplier=supplier,
            arrival_on=date(arrival.year, arrival.month, arrival.day) if arrival else None,
        ),
        as_draft=draft,
        actor=ACTOR,
        now=timezone.now(),
    )
    say(f"Purchase order {number} entered." if placed.is_new else f"Purchase order {number} is there already.")


Number = Annotated[str, typer.Argument(help="The purchase order's number.")]
Account = Annotated[str, typer.Option(help="The account's name or code.")]


@purchase_app.command("approve")
@plainly
def approve_purchase(number: Number, account: Account) -> None:
    """Approve a draft: it is sent to the warehouse."""
    place.approve(order_id=_find(number, account), actor=ACTOR, now=timezone.now())
    say(f"Purchase order {number} is approved.")


@purchase_app.command("cancel")
@plainly
def cancel_purchase(number: Number, account: Account) -> None:
    """Cancel a purchase order; what the warehouse has, only when it lets go of it."""
    say(cancel.ask_to_cancel(order_id=_find(number, account), actor=ACTOR, now=timezone.now()))


@purchase_app.command("close-short")
@plainly
def close_short(number: Number, account: Account) -> None:
    """Wait no longer for what has not arrived."""
    repair.close_short(order_id=_find(number, account), actor=ACTOR, now=timezone.now())
    say(f"Purchase order {number} is closed short.")


@purchase_app.command("list")
@plainly
def list_purchases(account: Annotated[str, typer.Option(help="The account's name or code.")] = "") -> None:
    """Show the latest purchase orders and how far they are."""
    account_id = AccountId(setup.get_account_id(account)) if account else None
    table = Table("Purchase order", "Account", "Warehouse", "Status")
    for row in purchases.list_purchases(account_id=account_id):
        table.add_row(row.number, row.account_name, row.warehouse_name, row.status.label)
    out.print(table)


def _find(number: str, account: str) -> int:
    found = purchases.find_numbered(setup.get_account_id(account), number)
    if found is None:
        raise UnknownPurchaseOrder(f"The account has no purchase order {number}.", field="number")
    return found[0]


def _parse(line: str) -> NewPurchaseLine:
    sku, equals, quantity = line.rpartition("=")
    try:
        amount = Decimal(quantity)
    except InvalidOperation:
        equals, amount = "", Decimal(0)
    if not equals or not sku:
        raise Invalid(f"{line!r} is not of the form SKU=quantity.", field="line")
    return NewPurchaseLine(sku, amount)
