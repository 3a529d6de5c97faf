"""A person asks for a synchronisation, or for one to stop."""

from datetime import datetime

from django.db import transaction

from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import ChannelState
from dockline.domain.runs import operations as runs
from dockline.domain.runs.rules import RunKind
from dockline.flows import connection, job_names
from dockline.kit.errors import NotNow
from dockline.kit.queue import port as queue


@transaction.atomic
def ask_sync(*, channel_id: int, kind: RunKind, actor: str, now: datetime) -> None:
    """Start a synchronisation of a channel soon. Raises NotNow when the channel rests or its connector cannot."""
    channel = channels.get_connection(channel_id)
    if channel.state != ChannelState.ACTIVE:
        raise NotNow(f"{channel.name} is {ChannelState(channel.state).label.lower()}; resume it first.")
    if kind not in connection.list_sync_kinds(channel.connector):
        raise NotNow(f"{channel.name} cannot do this: {kind.label}.")
    queue.wake(job_names.OF_RUN_KIND[kind], channel_id, priority=5)


@transaction.atomic
def ask_stop(*, run_id: int, actor: str, now: datetime) -> None:
    """Have a run stop at its next step. Raises NotNow when it is over."""
    if not runs.ask_run_to_stop(run_id):
        raise NotNow("This run is over already.")
    runs.write_lines(run_id, [("warning", f"{actor} asked it to stop.")], now=now)
