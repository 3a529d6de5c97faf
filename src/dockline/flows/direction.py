"""Which way products travel, imported from the channel that is the Master Product Source and exported to every other
one; and whether lots come back.

Source: functional specification, sections 7.10, 9 and 14.
"""

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import Offer
from dockline.domain.channels.queries import Connection
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import RunKind
from dockline.gateway import directory

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


def explain_no_lots(connection: Connection) -> str:
    """Why a channel is not asked for lots and serial numbers from before; empty when it is."""
    spec = directory.get_connector(connection.connector)
    if Offer.RECEIVES_LOTS not in spec.offers or Capability.EXPORT_SHIPMENTS not in spec.capabilities:
        return f"{connection.name} tells no lot or serial numbers."
    if not connection.pass_lots:
        return f"Lot/Serial Number Pass-Through of {connection.name} is off: switch it on first."
    return ""
