"""A channel is disabled, enabled, deleted, restored, and at last purged. What it has done stays in every case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ChannelId, ChannelState
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.purchases import operations as purchases
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.queries import OpenWork
from dockline.domain.webhooks import operations as webhooks
from dockline.flows import changes, connection, master
from dockline.flows.changes import Subject
from dockline.kit.errors import NotNow
from dockline.kit.failpoints import Failpoint, committing

KEPT = timedelta(days=30)
"""How long a deleted channel can be restored."""


@dataclass(frozen=True)
class Deletion:
    """What deleting a channel would do, for a person to read before they decide."""

    channel: ChannelRow
    work: OpenWork
    kept_days: int = KEPT.days


def foresee_deletion(channel_id: int) -> Deletion:
    """Say what deleting would do. Raises NotFound."""
    channel = channel_queries.get_channel(ChannelId(channel_id))
    return Deletion(channel, shipment_queries.count_open_work(channel_id))


@transaction.atomic
def disable_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Let a channel take no work until it is enabled; what waits stays. Raises NotFound, NotNow."""
    locked = channels.lock_channel(channel_id)
    if locked["state"] == ChannelState.DISABLED:
        raise NotNow("This channel is disabled already.")
    channels.change_state(channel_id, ChannelState.DISABLED, reason=f"Disabled by {actor}.")
    _tell(locked, "channel.disabled", "Disabled: it takes no work until it is enabled.", actor=actor, now=now)


@transaction.atomic
def enable_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Let a disabled channel work again, at once. Raises NotFound, NotNow."""
    locked = channels.lock_channel(channel_id)
    if locked["state"] != ChannelState.DISABLED:
        raise NotNow("This channel is not disabled.")
    _tell(locked, "channel.enabled", "Enabled.", actor=actor, now=now)
    connection.resume_channel(channel_id=channel_id, actor=actor, now=now)


@transaction.atomic
def delete_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Delete a channel; open work is frozen as it is, and a person is told of it. Raises NotFound, NotNow."""
    locked = channels.lock_channel(channel_id)
    work = shipment_queries.count_open_work(channel_id)
    channels.delete_channel(channel_id, reason=f"Deleted by {actor}.", now=now)
    issues.resolve_issues(
        subject_kind="channel",
        subject_ids=[channel_id],
        now=now,
        by=actor,
        causes=[causes.CHANNEL_PAUSED, causes.CHANNEL_NOT_REACHED, causes.UNREADABLE, causes.WORK_BROKE],
    )
    if work.total:
        issue = NewIssue(
            account_id=locked["account_id"],
            cause=causes.CHANNEL_DELETED,
            subject_kind="channel",
            subject_id=channel_id,
            subject_label=locked["name"],
            title=f"{locked['name']} was deleted with {_count(work.total)} open.",
            channel_id=channel_id,
        )
        issues.open_issues([issue], now=now)
    if locked["is_product_master"]:
        master.leave_with(locked["account_id"], name=locked["name"], actor=actor, now=now)
    frozen = f"; {_count(work.total)} frozen" if work.total else ""
    _tell(locked, "channel.deleted", f"Deleted{frozen}. It can be restored for {KEPT.days} days.", actor=actor, now=now)


@transaction.atomic
def restore_channel(*, channel_id: int, actor: str, now: datetime) -> None:
    """Put a deleted channel back as it was; frozen work goes on. Raises NotFound, NotNow, Conflict."""
    channel = channel_queries.get_channel(ChannelId(channel_id))
    if channel.deleted_at is None:
        raise NotNow("This channel is not deleted.")
    if not channel.is_restorable:
        raise NotNow(f"This channel was deleted more than {KEPT.days} days ago; connect it anew.")
    channels.restore_channel(channel_id)
    issues.resolve_issues(
        subject_kind="channel", subject_ids=[channel_id], now=now, by=actor, causes=[causes.CHANNEL_DELETED]
    )
    shipments.wake_waiting(channel_id, now=now)
    purchases.wake_waiting(channel_id, now=now)
    if channel.connection.is_product_master:
        master.return_with(channel.connection, actor=actor, now=now)
    subject = Subject("channel", channel_id, channel.account_id)
    changes.remember_deed(subject, "channel.restored", "Restored as it was.", actor=actor, now=now)


def purge_deleted(*, now: datetime) -> None:
    """Forget the settings and secrets of channels deleted long ago, but for those whose work is still frozen.

    And of all channels the small texts whose time is over, such as secrets replaced long ago.
    """
    with committing(Failpoint.TEXTS_FORGOTTEN):
        channels.forget_expired_texts(now=now)
    for channel_id in channel_queries.list_channels_to_purge(before=now - KEPT):
        if not shipment_queries.count_open_work(channel_id).total:
            with transaction.atomic():
                channels.purge_channel(channel_id)
                webhooks.close_endpoint(channel_id)
                channel = channel_queries.get_channel(ChannelId(channel_id))
                subject = Subject("channel", channel_id, channel.account_id)
                words = "Settings and secrets forgotten for good."
                changes.remember_deed(subject, "channel.purged", words, actor="upkeep", now=now)


def _tell(locked: dict[str, object], kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    subject = Subject("channel", int(str(locked["id"])), int(str(locked["account_id"])))
    changes.remember_deed(subject, kind, sentence, actor=actor, now=now)


def _count(shipments: int) -> str:
    return f"{shipments} shipment{'' if shipments == 1 else 's'}"
