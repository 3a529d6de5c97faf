"""Bring back what the warehouse did since we last asked.

Reads the feed page by page, outside any transaction. Writes what `record` writes, together with the feed's position.
Wakes advance.
"""

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability, ReceivesShipments
from dockline.connectors.contract.errors import ConnectorError
from dockline.domain.channels import queries as channels
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.runs.rules import RunKind
from dockline.flows import progress
from dockline.flows.outbound import record
from dockline.gateway import reactions, runtime
from dockline.kit import clock

FEED = "shipments"


def receive_shipments(channel_id: int, *, cause: str) -> None:
    """Read the shipments feed of a channel to its end."""
    connection = channels.get_connection(channel_id)
    if not channels.is_open_for_work(channel_id, now=clock.now()):
        return
    with progress.follow(connection, RunKind.RECEIVE_SHIPMENTS, cause=cause) as log:
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.RECEIVE_SHIPMENTS):
                return
            feed: ReceivesShipments = conversation.connector
            for page in feed.receive_shipments(exchange_queries.find_position(channel_id, feed=FEED)):
                with transaction.atomic():
                    now = clock.now()
                    booked = record.record_notices(page.notices, connection, run_id=log.run_id, now=now)
                    exchanges.move_position(channel_id, feed=FEED, value=page.position, now=now)
                log.report(done=len(page.notices), changed=booked.changed, lines=booked.lines)
                if log.stop_asked:
                    return
        except ConnectorError as error:
            log.fail(error.message)
            reactions.react(connection, error, now=clock.now())
        else:
            reactions.recover(connection, now=clock.now())
