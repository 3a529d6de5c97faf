"""Put the components of ordered bundles in their place, once, when the order is first allocated.

Reads what bundles are made of. Writes order lines and history. What a bundle is made of later changes no order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dockline.domain.dispatches.rules import format_quantity
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.orders import operations as orders
from dockline.domain.orders.models import SalesOrder
from dockline.domain.orders.operations import NewPart
from dockline.domain.products import queries as products
from dockline.domain.products.rules import Part
from dockline.domain.shipments import queries as shipments
from dockline.domain.shipments.queries import LineWithProgress

MOST, DECIMALS = 10**14, 6
Lines = Mapping[int, Sequence[LineWithProgress]]


def explode_bundles(due: Sequence[SalesOrder], lines: Lines, *, now: datetime) -> tuple[Lines, frozenset[int]]:
    """Return the lines of locked orders with components for bundles of which nothing has happened yet.

    Besides them the ids of lines whose components come to no exact quantity. Those stay as they are and have to wait:
    nobody stocks a bundle. Needs a transaction.
    """
    untouched = {
        line.line_id: line
        for order in due
        for line in lines[order.id]
        if line.part_of is None and not (line.shipped or line.cancelled or line.under_way)
    }
    recipes = products.get_parts({line.variant_id for line in untouched.values()})
    ordered = [line for line in untouched.values() if line.variant_id in recipes]
    bundles = [line for line in ordered if _is_exact(line, recipes[line.variant_id])]
    inexact = frozenset(line.line_id for line in ordered) - {line.line_id for line in bundles}
    if not bundles:
        return lines, inexact
    known = products.get_names({part.component_id for parts in recipes.values() for part in parts})
    orders.explode_lines(
        [
            NewPart(
                line_id=line.line_id,
                variant_id=part.component_id,
                sku=part.sku,
                base_unit=known[part.component_id].base_unit,
                description=known[part.component_id].name,
                per_bundle=part.quantity,
                quantity=line.ordered * part.quantity,
            )
            for line in bundles
            for part in recipes[line.variant_id]
        ]
    )
    account_of = {order.id: order.account_id for order in due}
    facts = [
        Fact(account_of[line.order_id], "exploded", "order", line.order_id, _tell(line, recipes[line.variant_id]))
        for line in bundles
    ]
    history.remember(facts, actor="allocation", now=now)
    touched = sorted({line.order_id for line in bundles})
    return {**lines, **shipments.get_lines_with_progress(touched)}, inexact


def _is_exact(line: LineWithProgress, parts: Sequence[Part]) -> bool:
    quantities = [line.ordered * part.quantity for part in parts]
    return all(one < MOST and one == round(one, DECIMALS) for one in quantities)


def _tell(line: LineWithProgress, parts: Sequence[Part]) -> str:
    named = ", ".join(f"{format_quantity(part.quantity)} {part.sku}" for part in parts)
    return f"{line.sku} is a bundle: each is shipped as {named}."
