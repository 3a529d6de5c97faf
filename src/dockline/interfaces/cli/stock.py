"""Buffers and differences of stock, from the terminal."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.inventory import queries as inventory
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import setup
from dockline.flows.inventory import upkeep
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid, NotFound

stock_app = typer.Typer(no_args_is_help=True, help="What is kept back of stock, and where it is not as expected.")

SHOWN = 200


@stock_app.command("buffer")
@plainly
def keep_back(
    account: str,
    quantity: Annotated[str, typer.Argument(help="So many; empty for a product: as the account.")],
    sku: Annotated[str, typer.Option(help="Only of this product, at one warehouse.")] = "",
    warehouse: Annotated[str, typer.Option(help="Which warehouse, with --sku.")] = "",
) -> None:
    """Never promise the last of any product of an account, or of one at a warehouse."""
    account_id, now = AccountId(setup.get_account_id(account)), timezone.now()
    if not sku:
        kept = _number(quantity) or Decimal(0)
        upkeep.keep_back_usually(account_id=account_id, quantity=kept, actor=ACTOR, now=now)
        say(f"{account} keeps back {format_quantity(kept)} of every product without a buffer of its own.")
        return
    places = [row.id for row in warehouses.list_warehouses(account_id=account_id) if row.name == warehouse]
    if not places:
        raise NotFound(f"{account} has no warehouse {warehouse!r}.", field="warehouse")
    level_id = inventory.find_level(account_id=account_id, warehouse_id=places[0], sku=sku)
    upkeep.keep_back(level_id=level_id, quantity=_number(quantity), actor=ACTOR, now=now)
    level = inventory.get_level(level_id)
    terms = (level.total, level.allocated, level.held, level.buffer, level.available)
    total, allocated, held, kept_back, available = map(format_quantity, terms)
    say(
        f"{sku} at {warehouse}: {total} in all less {allocated} allocated, {held} held and {kept_back} kept back is "
        f"{available} available."
    )


@stock_app.command("drift")
@plainly
def list_drifts(account: Annotated[str, typer.Option(help="Only of this account.")] = "") -> None:
    """List levels that are not as expected, those first that have been seen longest."""
    account_id = AccountId(setup.get_account_id(account)) if account else None
    table = Table("Id", "SKU", "Warehouse", "Expected", "Reported", "Difference", "Probable cause", "Repair")
    for row in inventory.list_drifts(account_id=account_id, limit=SHOWN):
        figures = (format_quantity(figure) for figure in (row.expected, row.reported, row.size))
        table.add_row(str(row.id), row.sku, row.warehouse_name, *figures, row.cause.label, row.repair.label)
    out.print(table)


@stock_app.command("repair")
@plainly
def repair_drift(
    drift: Annotated[int, typer.Argument(help="As `dockline stock drift` lists it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only said.")] = False,
) -> None:
    """Say what the repair of a difference would do, and do it with --yes."""
    preview = upkeep.preview_repair(inventory.get_drift(drift))
    say(f"{preview.repair.label}: {preview.sentence}")
    if yes:
        run_id = upkeep.repair_drift(drift_id=drift, actor=ACTOR, now=timezone.now())
        say(f"Run {run_id} does it." if run_id else "Done.")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise Invalid("Give the buffer as a number, such as 5.", field="quantity") from None
