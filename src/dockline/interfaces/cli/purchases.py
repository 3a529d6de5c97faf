"""Purchase orders from the terminal."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.accounts.rules import AccountId
from dockline.domain.purchases import queries as purchases
from dockline.domain.purchases.operations import NewPurchaseLine
from dockline.flows import setup
from dockline.flows.inbound import place
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
) -> None:
    """Enter a purchase order. What arrives under the same number at the warehouse is booked to it."""
    place.place_purchase(
        account_id=setup.get_account_id(account),
        warehouse_id=setup.get_warehouse_id(warehouse),
        number=number,
        lines=[_parse(one) for one in line],
        supplier=supplier,
        arrival_on=date(arrival.year, arrival.month, arrival.day) if arrival else None,
        actor=ACTOR,
        now=timezone.now(),
    )
    say(f"Purchase order {number} entered.")


@purchase_app.command("list")
@plainly
def list_purchases(account: Annotated[str, typer.Option(help="The account's name or code.")] = "") -> None:
    """Show the latest purchase orders and how far they are."""
    account_id = AccountId(setup.get_account_id(account)) if account else None
    table = Table("Purchase order", "Account", "Warehouse", "Status")
    for row in purchases.list_purchases(account_id=account_id):
        table.add_row(row.number, row.account_name, row.warehouse_name, row.status.label)
    out.print(table)


def _parse(line: str) -> NewPurchaseLine:
    sku, equals, quantity = line.rpartition("=")
    try:
        amount = Decimal(quantity)
    except InvalidOperation:
        equals, amount = "", Decimal(0)
    if not equals or not sku:
        raise Invalid(f"{line!r} is not of the form SKU=quantity.", field="line")
    return NewPurchaseLine(sku, amount)
