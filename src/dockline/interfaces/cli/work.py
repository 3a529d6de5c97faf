"""Everyday work from the terminal: sync, see how things stand, confirm by hand, check the books."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from django.utils import timezone
from rich.table import Table

from dockline.domain.guard import queries as guard
from dockline.domain.issues import queries as issues
from dockline.domain.orders import queries as orders
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import queries as shipments
from dockline.domain.sweeps import queries as sweeps
from dockline.flows import invariants
from dockline.flows import sync as syncing
from dockline.flows.outbound import lift, record
from dockline.interfaces.cli.channel import find_channel
from dockline.interfaces.cli.speak import ACTOR, out, plainly, say
from dockline.kit.errors import Invalid, NotFound


@plainly
def sync(channel: str, kind: RunKind) -> None:
    """Start a synchronisation of a channel; a running worker does it."""
    syncing.ask_sync(channel_id=find_channel(channel), kind=kind, actor=ACTOR, now=timezone.now())
    say(f"{kind.label}: asked.")


@plainly
def status() -> None:
    """Show how many orders stand where, and what waits for a person."""
    table = Table("Orders", "How many")
    for state, count in orders.count_orders_by_status(None).items():
        table.add_row(state.label, str(count))
    out.print(table)
    out.print(f"Open issues: {issues.count_open_issues(None)}")
    if stop := guard.find_stop():
        say(f"Nothing is sent to any warehouse since {stop.noticed_at:%Y-%m-%d %H:%M} UTC. {stop.cause.label}.")
        say("Compare with `dockline sweep`, then let sending go on with `dockline lift`.")


@plainly
def sweep() -> None:
    """Have all that the warehouses have compared with our books; a running worker does it. Shows what is open."""
    asked = lift.ask_sweeps(actor=ACTOR, now=timezone.now())
    say(f"Compared by a running worker: {asked} {'channel' if asked == 1 else 'channels'}.")
    for kind, count in sweeps.count_open_findings(None).items():
        say(f"{kind.label}: {count}")


@plainly
def lift_stop() -> None:
    """Let sending go on after it was stopped because the database may have been set back or copied."""
    looked_for = lift.lift_stop(actor=ACTOR, now=timezone.now())
    say(f"Sending goes on. Looked for at the warehouse first: {looked_for}.")


@plainly
def confirm(
    reference: str,
    line: Annotated[
        list[str] | None, typer.Option(help="What was packed, as SKU=quantity; all of it if absent.")
    ] = None,
    carrier: Annotated[str, typer.Option()] = "",
    tracking: Annotated[str, typer.Option(help="The tracking number.")] = "",
) -> None:
    """Confirm that a shipment of a warehouse without a system has shipped."""
    shipment_id = shipments.find_shipment_id(reference)
    if shipment_id is None:
        raise NotFound(f"There is no shipment {reference!r}.", field="reference")
    carried = shipments.get_lines_of([shipment_id])[shipment_id]
    packed = _parse(line) if line else None
    shipped: dict[int, Decimal] = {}
    for row in carried:
        left = row.quantity if packed is None else packed.get(row.sku, Decimal(0))
        shipped[row.line_id] = min(left, row.quantity)
        if packed is not None:
            packed[row.sku] = left - shipped[row.line_id]
    surplus = {sku: left for sku, left in (packed or {}).items() if left}
    if surplus:
        raise Invalid(f"This shipment does not carry so much: {', '.join(surplus)}.", field="line")
    record.confirm_by_hand(
        shipment_id=shipment_id,
        shipped=shipped,
        carrier=carrier,
        service="",
        tracking_number=tracking,
        tracking_url="",
        actor=ACTOR,
        now=timezone.now(),
    )
    say(f"Shipment {reference} confirmed.")


@plainly
def check() -> None:
    """Check that the sentences which must always be true are; exit code 1 when one is not."""
    violations = invariants.list_violations()
    for violation in violations:
        out.print(f"[red]✗[/] {violation.sentence} Not so for {violation.examples}.")
    if violations:
        raise typer.Exit(1)
    out.print(f"[green]✓[/] All {len(invariants.SENTENCES)} sentences hold.")


def _parse(lines: list[str]) -> dict[str, Decimal]:
    parsed = {}
    for line in lines:
        sku, equals, quantity = line.rpartition("=")
        try:
            parsed[sku] = Decimal(quantity)
        except InvalidOperation:
            equals = ""
        if not equals or not parsed[sku].is_finite():
            raise Invalid(f"{line!r} is not of the form SKU=quantity.", field="line")
    return parsed
