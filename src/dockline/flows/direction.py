"""Which way products travel: imported from the channel that is the Master Product Source, exported to every other one.

Source: functional specification, sections 7.10 and 14.
"""

from dockline.domain.channels.queries import Connection
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import RunKind

HUB = "Dockline"


def explain_refusal(connection: Connection, kind: RunKind) -> str:
    """Why products may not travel this way on this channel; empty when they may, and for everything else."""
    if kind is RunKind.EXPORT_PRODUCTS and connection.is_product_master:
        return f"{connection.name} is the Master Product Source: products come from it and are not exported to it."
    if kind is RunKind.IMPORT_PRODUCTS and not connection.is_product_master:
        return explain_import(connection)
    return ""


def forbids(connection: Connection, kind: RunKind) -> bool:
    """Say whether a wake-up is of no use: products may not travel this way, and nobody waits to be told so."""
    return bool(explain_refusal(connection, kind)) and not runs.is_waiting(channel_id=connection.channel_id, kind=kind)


def explain_import(connection: Connection) -> str:
    """Why products are not imported from a channel that is not the master."""
    name = connection.product_master or HUB
    return f"{name} is the Master Product Source, so products are not imported from {connection.name}."
