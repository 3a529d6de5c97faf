"""Choose the Master Product Source of an account: the one system whose product data wins."""

from datetime import datetime

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.exchanges import operations as exchanges
from dockline.flows import automations
from dockline.flows.changes import Change, Subject, remember_changes
from dockline.flows.direction import HUB
from dockline.gateway import directory
from dockline.kit.errors import Conflict, NotNow


@transaction.atomic
def choose_master(account_id: int, *, channel_id: int | None, actor: str, now: datetime) -> None:
    """Make a channel the account's Master Product Source, or Dockline itself with None.

    The recurring imports and exports of products follow at once. Raises NotFound, NotNow when the channel's connector
    cannot say which products it has, Conflict when it is another account's.
    """
    former = channel_queries.find_product_master(account_id)
    if former == channel_id:
        return
    if channel_id is not None:
        connection = channel_queries.get_connection(channel_id)
        if connection.account_id != account_id:
            raise Conflict("That channel belongs to another account.", field="channel")
        if Capability.IMPORT_PRODUCTS not in directory.get_connector(connection.connector).capabilities:
            raise NotNow(f"{connection.name} cannot be the master: its products cannot be read.", field="channel")
        # Whatever was read before it was the master is read again from the start.
        exchanges.forget_position(channel_id, feed="products")
    channels.mark_product_master(account_id, channel_id=channel_id)
    for one in (former, channel_id):
        if one is not None:
            automations.hold_periods(one, now=now)
    names = [HUB if one is None else channel_queries.get_connection(one).name for one in (former, channel_id)]
    remember_changes(
        Subject("account", account_id, account_id),
        [Change("master_product_source", "Master Product Source", names[0], names[1])],
        actor=actor,
        now=now,
    )
