"""Compare all that a warehouse has with our books, both ways, and keep what is not the same.

Reads the warehouse's orders page by page, and our shipments with them; then its purchase orders, and ours. Writes
sweeps and their findings; what is gone over there is booked as `vanish` does. Sends nothing. No transaction is open
during a call.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from dockline.connectors.contract.capabilities import Capability, ListsShipments
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.dispatches.rules import read_reference
from dockline.domain.guard import queries as guard_queries
from dockline.domain.purchases import operations as purchases
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.queries import BookedShipment, ThereShipment
from dockline.domain.shipments.rules import Carried, sum_carried
from dockline.domain.sweeps import operations as sweeps
from dockline.domain.sweeps import queries as sweep_queries
from dockline.domain.sweeps.rules import (
    WIDE,
    Compared,
    Difference,
    Found,
    Here,
    There,
    choose_reach,
    compare_page,
)
from dockline.flows import progress
from dockline.flows.inbound import sweep as inbound
from dockline.flows.outbound import messages, record, translate, vanish
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing

MOST_LOOKED_FOR = 50_000
"""How many open shipments that the list did not show are looked for one by one, fifty a search."""


def sweep_channel(channel_id: int, *, cause: str) -> None:
    """Compare a channel's warehouse with our books. A sweep that could not read everything counts as not done."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    is_asked = runs.is_waiting(channel_id=channel_id, kind=RunKind.SWEEP)
    with progress.follow(connection, RunKind.SWEEP, cause=cause) as log:
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.LIST_SHIPMENTS):
                return
            _sweep(conversation, log, is_asked=is_asked)
        except ConnectorError as error:
            log.fail(f"Not everything could be read, so nothing is proven: {error.message}")
            reactions.react(connection, error, now=clock.now())
        else:
            reactions.recover(connection, now=clock.now())


def _sweep(conversation: Conversation, log: RunLog, *, is_asked: bool) -> None:
    connection = conversation.connection
    channel_id, started_at = connection.channel_id, clock.now()
    is_stopped = guard_queries.find_stop() is not None
    reach = choose_reach(
        last_wide_at=sweep_queries.get_last_complete([channel_id], is_wide=True).get(channel_id),
        is_asked=is_asked,
        is_stopped=is_stopped,
        now=started_at,
    )
    since = started_at - reach
    pages = _compare_all(conversation, since=since, is_stopped=is_stopped, now=started_at)
    if log.speaks_of_a_plan:
        found = [one for page in pages for one in page.found]
        log.agree([PlannedChange(PlannedAction.SKIP, one.reference, one.kind.label, one.sentence) for one in found])
        return
    sweep_id = sweeps.begin_sweep(channel_id, since=since, is_wide=reach == WIDE, now=started_at)
    passing(Failpoint.SWEEP_BEGUN)
    for page in pages:
        _keep(sweep_id, page, connection, log)
        if log.stop_asked:
            return
    gone = vanish.look_for_vanished(conversation, log, not_seen_since=started_at, most=MOST_LOOKED_FOR)
    if log.stop_asked:
        return
    _keep(sweep_id, Compared([_gone(one, connection) for one in gone]), connection, log)
    purchases_gone = inbound.look_for_vanished(conversation, log, not_seen_since=started_at)
    if log.stop_asked:
        return
    _keep(sweep_id, Compared(purchases_gone), connection, log)
    ended = sweeps.finish_sweep(sweep_id, now=clock.now())
    passing(Failpoint.SWEEP_FINISHED)
    log.report(changed=ended)


def _compare_all(conversation: Conversation, *, since: datetime, is_stopped: bool, now: datetime) -> Iterator[Compared]:
    """Compare page by page all that can be listed: orders, and purchase orders where the connector can."""
    lister: ListsShipments = conversation.connector
    seen: dict[str, str] = {}
    for page in lister.list_shipments(since):
        yield _compare(page, conversation.connection, seen, is_stopped=is_stopped, now=now)
    if conversation.can(Capability.LIST_PURCHASES):
        yield from inbound.compare_all(conversation, since=since, is_stopped=is_stopped, now=now)


def _compare(
    page: Sequence[ShipmentNotice],
    connection: Connection,
    known: dict[str, str],
    *,
    is_stopped: bool,
    now: datetime,
) -> Compared:
    marker = accounts.get_marker()
    reads = {one.reference: said for one in page if (said := read_reference(one.reference, marker=marker))}
    books = shipment_queries.list_booked(
        connection.channel_id,
        references=[notice.reference for notice in page],
        shipment_ids=[said.shipment_id for said in reads.values()],
    )
    by_reference = {one.reference: one for one in books}
    carried = shipment_queries.get_lines_of([one.shipment_id for one in books])
    ours = [(one, carried[by_reference[one.reference].shipment_id]) for one in page if one.reference in by_reference]
    in_our_words = {one.external_id: one for one in translate.read_notices(ours, connection)}
    return compare_page(
        [_there(in_our_words.get(notice.external_id, notice)) for notice in page],
        [_here(booked, carried) for booked in books],
        reads=reads,
        known=known,
        is_stopped=is_stopped,
        now=now,
    )


def _here(booked: BookedShipment, carried: Mapping[int, Sequence[Carried]]) -> Here:
    return Here(
        subject_id=booked.shipment_id,
        reference=booked.reference,
        generation=booked.generation,
        status=booked.status,
        dispatch=booked.dispatch,
        external_id=booked.external_id,
        quantities=sum_carried(carried[booked.shipment_id]),
    )


def _there(notice: ShipmentNotice) -> There:
    return There(
        reference=notice.reference,
        external_id=notice.external_id,
        far_status=notice.far_status,
        is_live=notice.status is not FarStatus.REJECTED,
        is_untouched=notice.status in record.UNTOUCHED,
        has_ended=notice.status is FarStatus.SHIPPED,
        changed_at=notice.changed_at,
        quantities=messages.sum_lines(notice.lines),
    )


def _gone(one: ThereShipment, connection: Connection) -> Found:
    sentence = f"{connection.name} does not have it any more."
    return Found(Difference.MISSING_THERE, one.reference, one.external_id, one.shipment_id, sentence)


@committing(Failpoint.SWEEP_KEPT)
def _keep(sweep_id: int, page: Compared, connection: Connection, log: RunLog) -> None:
    now = clock.now()
    sweeps.keep_page(sweep_id, channel_id=connection.channel_id, page=page, now=now)
    if page.is_purchase:
        purchases.note_seen(page.seen, now=now)
    else:
        shipments.note_seen(page.seen, now=now)
    log.report(
        done=page.there,
        failed=len(page.found),
        lines=[("warning", f"{one.reference}: {one.kind.label.lower()}. {one.sentence}") for one in page.found],
    )
