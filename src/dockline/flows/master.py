"""Choose the Master Product Source of an account: the one system whose product data wins."""

from datetime import datetime

from django.db import transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import ChannelState
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations, sync
from dockline.flows.changes import Change, Subject, remember_changes
from dockline.flows.direction import HUB
from dockline.gateway import directory
from dockline.kit.errors import Conflict, NotNow


@transaction.atomic
def choose_master(account_id: int, *, channel_id: int | None, actor: str, now: datetime) -> None:
    """Make a channel the account's Master Product Source, or Dockline itself with None.

    The recurring imports and exports of products follow at once. Raises NotFound, NotNow when the channel is deleted or
    its connector cannot say which products it has, Conflict when it is another account's.
    """
    former = channel_queries.find_product_master(account_id)
    if former == channel_id:
        return
    if channel_id is not None:
        _require_able(account_id, channel_id)
        # Whatever was read before it was the master is read again from the start.
        exchanges.forget_position(channel_id, feed="products")
    channels.mark_product_master(account_id, channel_id=channel_id)
    for one in (former, channel_id):
        if one is not None:
            automations.hold_periods(one, now=now)
    names = [HUB if one is None else channel_queries.get_connection(one).name for one in (former, channel_id)]
    _remember(account_id, *names, actor=actor, now=now)


def plan_master(account_id: int, *, channel_id: int | None, actor: str, now: datetime) -> int:
    """Ask what a change of the Master Product Source would change, before it is made. Returns the run to watch.

    With a channel, what its products would change here; with None, what ours would change at the channel that is the
    master now. Raises what `choose_master` raises, and NotNow when nothing would travel otherwise.
    """
    former = channel_queries.find_product_master(account_id)
    if former == channel_id:
        raise NotNow("It is the Master Product Source already.", field="channel")
    if channel_id is not None:
        _require_able(account_id, channel_id)
        kind, asked = RunKind.IMPORT_PRODUCTS, channel_id
    else:
        assert former is not None, "one of the two is a channel"
        kind, asked = RunKind.EXPORT_PRODUCTS, former
    return sync.ask_trial(channel_id=asked, kind=kind, actor=actor, now=now)


def _require_able(account_id: int, channel_id: int) -> None:
    connection = channel_queries.get_connection(channel_id)
    if connection.account_id != account_id:
        raise Conflict("That channel belongs to another account.", field="channel")
    if connection.state == ChannelState.DELETED:
        raise NotNow(f"{connection.name} is deleted; restore it first.", field="channel")
    if Capability.IMPORT_PRODUCTS not in directory.get_connector(connection.connector).capabilities:
        raise NotNow(f"{connection.name} cannot be the master: its products cannot be read.", field="channel")


def leave_with(account_id: int, *, name: str, actor: str, now: datetime) -> None:
    """The master is deleted: Dockline is, until the channel is restored or another is chosen. Needs a transaction."""
    _remember(account_id, name, HUB, actor=actor, now=now)


def return_with(connection: Connection, *, actor: str, now: datetime) -> None:
    """A restored channel was the master and nobody chose another: it is again. Needs a transaction."""
    # Products were ours to change meanwhile: all of theirs are read again.
    exchanges.forget_position(connection.channel_id, feed="products")
    _remember(connection.account_id, HUB, connection.name, actor=actor, now=now)


def _remember(account_id: int, before: str, after: str, *, actor: str, now: datetime) -> None:
    subject = Subject("account", account_id, account_id)
    change = Change("master_product_source", "Master Product Source", before, after)
    remember_changes(subject, [change], actor=actor, now=now)
