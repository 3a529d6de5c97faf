"""Bring back what the warehouse did since we last asked.

Reads the feed page by page, outside any transaction. Writes what `record` writes, together with the feed's position.
Wakes advance.
"""

from collections.abc import Collection, Iterable, Sequence

from dockline.connectors.contract.capabilities import Capability, ReceivesShipments
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import ShipmentPage
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.runs.rules import RunKind
from dockline.flows import progress
from dockline.flows.outbound import record, vanish
from dockline.flows.outbound.record import Booked
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing

FEED = "shipments"


def receive_shipments(channel_id: int, *, cause: str) -> None:
    """Read the shipments feed of a channel to its end."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    with progress.follow(connection, RunKind.RECEIVE_SHIPMENTS, cause=cause) as log:
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.RECEIVE_SHIPMENTS):
                return
            feed: ReceivesShipments = conversation.connector
            pages = feed.receive_shipments(exchange_queries.find_position(channel_id, feed=FEED))
            if log.speaks_of_a_plan:
                _book_as_planned(list(pages), connection, log)
            else:
                _book_one_by_one(pages, conversation, log)
                vanish.look_for_vanished(conversation, log)
        except ConnectorError as error:
            log.fail(error.message)
            reactions.react(connection, error, now=clock.now())
        else:
            reactions.recover(connection, now=clock.now())


def _book_one_by_one(pages: Iterable[ShipmentPage], conversation: Conversation, log: RunLog) -> None:
    for page in pages:
        gone = vanish.find_replaced(page.notices, conversation)
        with committing(Failpoint.SHIPMENTS_RECEIVED):
            booked = _book(page, conversation.connection, log, gone=gone)
        log.report(done=len(page.notices), changed=booked.changed, lines=booked.lines)
        if log.stop_asked:
            return


@committing(Failpoint.SHIPMENTS_RECEIVED)
def _book_as_planned(pages: Sequence[ShipmentPage], connection: Connection, log: RunLog) -> None:
    booked = [_book(page, connection, log) for page in pages]
    log.agree([change for one in booked for change in one.changes])
    for page, one in zip(pages, booked, strict=True):
        log.report(done=len(page.notices), changed=one.changed, lines=one.lines)


def _book(page: ShipmentPage, connection: Connection, log: RunLog, *, gone: Collection[str] = ()) -> Booked:
    now = clock.now()
    booked = record.record_notices(page.notices, connection, run_id=log.run_id, now=now, gone=gone)
    exchanges.move_position(connection.channel_id, feed=FEED, value=page.position, now=now)
    return booked
