"""Where a lot or a serial number went, from the terminal."""

from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.inventory import lots
from dockline.domain.inventory.lots import LotFilter
from dockline.domain.runs.rules import RunKind, RunMode
from dockline.flows import backfill, setup, sync
from dockline.flows.inventory import recall as flow
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, plainly, say
from dockline.kit.sheet import save_sheet, write_sheet

lot_app = typer.Typer(no_args_is_help=True, help="Lots and serial numbers: where they went and came from.")

SHOWN = 50
Account = Annotated[str, typer.Option(help="Only of this account.")]
Sku = Annotated[str, typer.Option(help="Only of this SKU.")]


@lot_app.command("find")
@plainly
def find_lot(lot: str, account: Account = "", sku: Sku = "") -> None:
    """Say where a lot or serial number went, came from and still is: exact matches first, then those that begin so."""
    wanted = LotFilter(_account(account), lot, sku)
    say(f"Shipped: {lots.count_shipped(wanted):,}")
    for shipped in lots.list_shipped(wanted, limit=SHOWN):
        when = f"{shipped.shipped_at:%Y-%m-%d}" if shipped.shipped_at else "no date"
        say(
            f"  {_name(shipped.lot, shipped.serial)}  {format_quantity(shipped.quantity)} {shipped.unit} "
            f"{shipped.sku}  {shipped.order_number}  {shipped.recipient}  {when}  {' '.join(shipped.tracking)}".rstrip()
        )
    say(f"Received: {lots.count_received(wanted):,}")
    for came in lots.list_received(wanted, limit=SHOWN):
        say(
            f"  {_name(came.lot, came.serial)}  {format_quantity(came.quantity)} {came.sku}  {came.purchase_number}  "
            f"{came.condition}"
        )
    say(f"Still there: {lots.count_stored(wanted):,}")
    for there in lots.list_stored(wanted, limit=SHOWN):
        say(
            f"  {there.lot}  {format_quantity(there.on_hand)} {there.unit} {there.sku}  {there.warehouse_name}  "
            f"{there.status}"
        )


@lot_app.command("recall")
@plainly
def recall_lot(
    lot: str, file: Annotated[Path, typer.Argument()] = Path("-"), account: Account = "", sku: Sku = ""
) -> None:
    """Write everybody who was sent exactly this lot or serial number as CSV; to the terminal unless a file is named."""
    cells = flow.list_cells(account_id=_account(account), lot=lot, sku=sku)
    save_sheet(file, write_sheet(flow.COLUMNS, cells))


@lot_app.command("backfill")
@plainly
def backfill_lots(
    channel: str,
    days: Annotated[int, typer.Option(help="Of the last so many days.")] = backfill.USUAL_DAYS,
    apply: Annotated[
        bool, typer.Option("--apply", help="Keep them at once, instead of only saying what would be.")
    ] = False,
) -> None:
    """Have lots and serials of what shipped and arrived before the pass-through was on read again; a worker does it."""
    run_id = sync.ask_backfill(
        channel_id=find_channel(channel),
        days=days,
        actor=ACTOR,
        now=timezone.now(),
        mode=RunMode.APPLY if apply else RunMode.PLAN,
    )
    say(f"{RunKind.BACKFILL_LOTS.label}: asked, as run {run_id}." + ("" if apply else " Its page applies the plan."))


def _account(name: str) -> AccountId | None:
    return AccountId(setup.get_account_id(name)) if name else None


def _name(lot: str, serial: str) -> str:
    return " ".join(part for part in (lot, serial) if part)
