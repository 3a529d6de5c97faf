"""Hold a stock report that would empty the catalogue, and let a person accept or discard it.

A held report is kept as a plan: accepting it does exactly that or, when anything has moved since, nothing. Reads runs.
Writes what is held, issues and history.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory import queries as stock
from dockline.domain.inventory.operations import LevelChange
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import PlannedAction, PlannedChange, digest_plan
from dockline.flows import sync
from dockline.flows.progress import RunLog
from dockline.kit import clock
from dockline.kit.errors import NotNow


def plan_change(change: LevelChange) -> PlannedChange:
    """Say in the words of a plan what a report would do to a level."""
    after = f"{change.on_hand.normalize():f} on hand, {change.free.normalize():f} free"
    if change.on_hand_before is None or change.free_before is None:
        return PlannedChange(PlannedAction.CREATE, change.sku, "", after)
    before = f"{change.on_hand_before.normalize():f} on hand, {change.free_before.normalize():f} free"
    action = PlannedAction.CHANGE if change.on_hand or change.free else PlannedAction.REMOVE
    return PlannedChange(action, change.sku, before, after)


def hold_report(changes: Sequence[LevelChange], connection: Connection, log: RunLog, *, why: str) -> None:
    """Change nothing, keep what would change as a plan, and ask a person. The same report is held only once.

    Raises OnlyPlanned, but for a report that is held already.
    """
    planned = [plan_change(change) for change in changes]
    sentence = f"{why} Nothing was changed: a person decides."
    former = stock.find_held_run(account_id=connection.account_id, warehouse_id=connection.warehouse_id)
    is_known = former is not None and runs.get_run(former).plan_digest == digest_plan(planned)
    run_id = former if former is not None and is_known else log.run_id
    with transaction.atomic():
        inventory.note_held(account_id=connection.account_id, warehouse_id=connection.warehouse_id, run_id=run_id)
        issue = NewIssue(
            account_id=connection.account_id,
            cause=causes.STOCK_HELD,
            subject_kind="channel",
            subject_id=connection.channel_id,
            subject_label=connection.name,
            title=f"{connection.name} reports far less stock than before. {why}",
            detail=f"{len(planned)} levels would change; run {run_id} lists them.",
            channel_id=connection.channel_id,
        )
        issues.open_issues([issue], now=clock.now())
    if not is_known:
        log.hold(planned, why=sentence)
    log.summary.append(f"{sentence} It is the report that run {run_id} holds already.")


@transaction.atomic
def accept_report(*, channel_id: int, actor: str, now: datetime) -> int:
    """Have the held report of a channel applied as it was shown. Returns the run to watch.

    That run changes nothing when the warehouse reports something else by now. Raises NotNow when nothing is held.
    """
    run_id = _held(channels.get_connection(channel_id))
    return sync.apply_plan(run_id=run_id, actor=actor, now=now)


@transaction.atomic
def discard_report(*, channel_id: int, actor: str, now: datetime) -> None:
    """Leave the levels as they are; the next report is judged anew. Raises NotNow when nothing is held."""
    connection = channels.get_connection(channel_id)
    run_id = _held(connection)
    let_go(connection, by=actor, now=now)
    sentence = f"The stock report of run {run_id} was discarded; no level was changed."
    fact = Fact(connection.account_id, "stock_discarded", "channel", channel_id, sentence)
    history.remember([fact], actor=actor, now=now)


def let_go(connection: Connection, *, by: str, now: datetime) -> None:
    """Nothing is held any more."""
    inventory.note_held(account_id=connection.account_id, warehouse_id=connection.warehouse_id, run_id=None)
    issues.resolve_issues(
        subject_kind="channel", subject_ids=[connection.channel_id], now=now, by=by, causes=[causes.STOCK_HELD]
    )


def _held(connection: Connection) -> int:
    run_id = stock.find_held_run(account_id=connection.account_id, warehouse_id=connection.warehouse_id)
    if run_id is None:
        raise NotNow(f"No stock report of {connection.name} is held.")
    return run_id
