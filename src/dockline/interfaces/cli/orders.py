"""Sales orders from the terminal."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from django.utils import timezone
from rich.markup import escape
from rich.table import Table

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.orders import queries as orders
from dockline.domain.orders.changing import OrderContent, WantedLine
from dockline.domain.orders.queries import OrderDetail
from dockline.domain.orders.rules import OrderId
from dockline.domain.shipments import listing as shipments
from dockline.domain.shipments.listing import ShipmentLineRow
from dockline.flows import setup
from dockline.flows.outbound import cancel, change, on_hold
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid, NotFound

order_app = typer.Typer(no_args_is_help=True, help="What customers have ordered.")

Number = Annotated[str, typer.Argument(help="The order's number.")]
Account = Annotated[str, typer.Option(help="The account's name or code, where several have this number.")]
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@order_app.command("show")
@plainly
def show_order(number: Number, account: Account = "") -> None:
    """Show what is ordered, why it waits, and which part of it goes from which warehouse."""
    order = orders.get_order(find_order(number, account))
    say(f"{order.number}  {order.account_name}  {order.status.label}")
    if order.requested_warehouse_name:
        say(f"Requested warehouse: {order.requested_warehouse_name}")
    if order.waiting_reason:
        say(order.waiting_reason)
    lines = Table("SKU", "Ordered", "Shipped", "Cancelled", "Remaining")
    for line in order.lines:
        figures = (line.ordered, line.shipped, line.cancelled, line.remaining)
        lines.add_row(escape(line.sku), *(format_quantity(figure) for figure in figures))
    out.print(lines)
    parts = Table("Shipment", "Warehouse", "Status", "Carries")
    for shipment in shipments.list_shipments_of_order(order.id):
        carries = ", ".join(_say_carried(line) for line in shipment.lines)
        parts.add_row(
            escape(shipment.reference), escape(shipment.warehouse_name), shipment.status.label, escape(carries)
        )
    if parts.row_count:
        out.print(parts)


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


@order_app.command("change")
@plainly
def change_order(
    number: Number,
    line: Annotated[
        list[str] | None, typer.Option(help="Another quantity of a line, as LINE=QUANTITY; 0 takes it away.")
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help="A further line, as SKU=QUANTITY.")] = None,
    ship_to: Annotated[
        list[str] | None, typer.Option(help="Another part of the address, as PART=TEXT, such as city=Sydney.")
    ] = None,
    carrier: Annotated[str | None, typer.Option()] = None,
    service: Annotated[str | None, typer.Option()] = None,
    instructions: Annotated[str | None, typer.Option()] = None,
    ship_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    deliver_by: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    cancel_after: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="In UTC.")] = None,
    warehouse: Annotated[
        str | None, typer.Option(help="The one warehouse that shall ship it, by name or code; '' for any.")
    ] = None,
    account: Account = "",
) -> None:
    """Change an order: at once while it is here; what a warehouse has is asked back first."""
    order = orders.get_order(find_order(number, account))
    given: dict[str, Any] = {
        "carrier": carrier,
        "service": service,
        "instructions": instructions,
        "ship_on": ship_on.date() if ship_on else None,
        "deliver_by": deliver_by.date() if deliver_by else None,
        "cancel_after": cancel_after.replace(tzinfo=UTC) if cancel_after else None,
    }
    header = order.content.header
    if warehouse is not None:
        header = replace(header, requested_warehouse_id=setup.get_warehouse_id(warehouse) if warehouse else None)
    parts = dict(order.ship_to) | dict(_split(one, field="ship-to") for one in ship_to or ())
    header = replace(
        header,
        **{name: value for name, value in given.items() if value is not None},
        ship_to={name: text for name, text in parts.items() if text},
    )
    lines = [_changed_line(one, order) for one in line or ()] + [_new_line(one) for one in add or ()]
    changed = change.change_order(
        order_id=order.id,
        seen_version=order.version,
        content=OrderContent(header, tuple(lines)),
        actor=ACTOR,
        now=timezone.now(),
    )
    for one in changed.differences:
        say(f"{one.sentence}")
    say(changed.sentence)


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


def _say_carried(line: ShipmentLineRow) -> str:
    instead = f" instead of {line.instead_of}" if line.instead_of else ""
    return f"{format_quantity(line.quantity)} {line.sku}{instead}"


def _changed_line(text: str, order: OrderDetail) -> WantedLine:
    name, quantity = _split(text, field="line")
    known = next((line for line in order.lines if str(line.number) == name), None)
    if known is None:
        raise Invalid(f"Order {order.number} has no line {name}.", field="line")
    return WantedLine(known.number, known.sku, _quantity(quantity, text, field="line"))


def _new_line(text: str) -> WantedLine:
    sku, quantity = _split(text, field="add")
    return WantedLine(None, sku, _quantity(quantity, text, field="add"))


def _split(text: str, *, field: str) -> tuple[str, str]:
    name, equals, value = text.partition("=") if field == "ship-to" else text.rpartition("=")
    if not equals or not name:
        raise Invalid(f"{text!r} is not of the form NAME=VALUE.", field=field)
    return name, value


def _quantity(text: str, whole: str, *, field: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Invalid(f"{whole!r}: give the quantity as a number, such as 12 or 2.5.", field=field) from None


def find_order(number: str, account: str) -> OrderId:
    """Return the one order of a number. Raises NotFound."""
    account_id = AccountId(setup.get_account_id(account)) if account else None
    found = orders.list_order_ids_numbered(number, account_id=account_id)
    if len(found) != 1:
        raise NotFound(f"{'Several accounts have an' if found else 'There is no'} order {number!r}.", field="number")
    return found[0]
