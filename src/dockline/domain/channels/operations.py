"""Connect, pause, resume and follow channels; keep a connector's small texts; keep to a pace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from secrets import randbelow
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest

from dockline.domain.channels.models import Channel, JobDefault, LearnedPace, PaceClock, Schedule, StoredText
from dockline.domain.channels.queries import MICRO, UnknownChannel, open_slowdown
from dockline.domain.channels.rules import (
    FORMER,
    FORMER_KEPT,
    PROBE_SECONDS,
    ChannelState,
    back_off,
    shortest_settle_seconds,
    spread,
    tail_of,
)
from dockline.domain.channels.slowdown import Slowdown
from dockline.kit.crypto import KeyProblem, KeyRing
from dockline.kit.errors import ChangedMeanwhile, Conflict, Invalid, NotNow

SUCCESS_NOTED_EVERY = timedelta(seconds=5)

PROBE = "probe"
"""The clock of who may look whether a far side is well again; no connector names a pace so."""


def connect_channel(
    *,
    account_id: int,
    warehouse_id: int,
    connector: str,
    name: str,
    plain: Mapping[str, Any],
    secrets: Mapping[str, str],
    options: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> int:
    """Create the account's channel to a warehouse and return its id. Raises Conflict when there is one already."""
    if Channel.objects.filter(account_id=account_id, warehouse_id=warehouse_id, deleted_at__isnull=True).exists():
        raise Conflict("This account's warehouse has a channel already; change that one.", field="warehouse")
    _check_settle_window(options, plain)
    with transaction.atomic():
        channel = Channel.objects.create(
            account_id=account_id,
            warehouse_id=warehouse_id,
            connector=connector,
            name=name,
            settings=dict(plain),
            **options,
        )
        _seal(channel, secrets, actor=actor, now=now)
    return channel.id


def lock_channel(channel_id: int, *, version: int | None = None) -> dict[str, Any]:
    """Lock a channel that is to be changed and return what it has stored, by column. Needs a transaction.

    Raises UnknownChannel, NotNow when it is deleted, and ChangedMeanwhile when it no longer has the version given.
    """
    channel = Channel.objects.select_for_update().filter(id=channel_id).values().first()
    if channel is None:
        raise UnknownChannel()
    if channel["deleted_at"] is not None:
        raise NotNow("This channel is deleted; restore it first.")
    if version is not None and channel["version"] != version:
        raise ChangedMeanwhile()
    return dict(channel)


def hold_credentials(channel_id: int) -> int:
    """Keep a channel's settings and secrets from changing until the transaction ends; return their version.

    A share of the row's key is enough: it waits for `lock_channel` alone, not for those who note how the channel is.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT credential_version FROM channels_channel WHERE id = %s FOR KEY SHARE", [channel_id])
        row = cursor.fetchone()
    if row is None:
        raise UnknownChannel()
    return int(row[0])


def change_connection(
    channel_id: int, *, plain: Mapping[str, Any], secrets: Mapping[str, str], actor: str, now: datetime
) -> int:
    """Replace a channel's settings, and those secrets that are given; return the version it then has.

    A settle window that was long enough for the old address only becomes as long as the new one needs. The texts a
    connector keeps stay where its settings did not change.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(id=channel_id)
        channel.settings = dict(plain)
        channel.credential_version += 1
        channel.version += 1
        channel.settle_seconds = max(channel.settle_seconds, shortest_settle_seconds(str(plain.get("api_url", ""))))
        channel.save(update_fields=["settings", "credential_version", "version", "settle_seconds"])
        StoredText.objects.filter(channel=channel).exclude(key__startswith=FORMER).delete()
        _keep_former(channel, secrets, now=now)
        _seal(channel, secrets, actor=actor, now=now)
    return channel.version


def note_other_account(channel_id: int) -> None:
    """Remember that the channel speaks to another account over there from its present credentials on."""
    Channel.objects.filter(id=channel_id).update(account_since=F("credential_version"))


def change_options(channel_id: int, **options: Any) -> int:
    """Change choices of a channel, given by column, and return the version it then has."""
    channel = Channel.objects.get(id=channel_id)
    _check_settle_window(options, channel.settings)
    Channel.objects.filter(id=channel_id).update(version=F("version") + 1, **options)
    return channel.version + 1


def note_test(channel_id: int, test: Mapping[str, Any]) -> None:
    """Keep what the last test of the connection found."""
    Channel.objects.filter(id=channel_id).update(last_test=dict(test))


def change_state(channel_id: int, state: ChannelState, *, reason: str) -> None:
    """Enable or disable a channel."""
    Channel.objects.filter(id=channel_id).update(state=state, state_reason=reason, version=F("version") + 1)


def delete_channel(channel_id: int, *, reason: str, now: datetime) -> None:
    """Take a channel out of everything; it keeps its row, its settings and what refers to it until it is purged."""
    Channel.objects.filter(id=channel_id, deleted_at__isnull=True).update(
        former_state=F("state"),
        state=ChannelState.DELETED,
        state_reason=reason,
        deleted_at=now,
        version=F("version") + 1,
    )


def restore_channel(channel_id: int) -> None:
    """Put a deleted channel back as it was. Raises Conflict when another has taken its place meanwhile."""
    try:
        with transaction.atomic():
            Channel.objects.filter(id=channel_id, deleted_at__isnull=False).update(
                state=F("former_state"), former_state="", state_reason="", deleted_at=None, version=F("version") + 1
            )
    except IntegrityError:
        raise Conflict("The account's warehouse has another channel by now; delete that one first.") from None


def purge_channel(channel_id: int) -> None:
    """Forget a deleted channel's settings, secrets and small texts for good; what it did stays."""
    with transaction.atomic():
        Channel.objects.filter(id=channel_id, state=ChannelState.DELETED).update(
            settings={}, secrets={}, secret_notes={}, last_test={}, former_state="", is_product_master=False
        )
        for table in (StoredText, Schedule, PaceClock, LearnedPace):
            table.objects.filter(channel_id=channel_id).delete()


def set_schedule(channel_id: int, *, job: str, every_seconds: int, own: int | None, now: datetime) -> None:
    """Set how often a recurring job runs; 0 is never. `own` is what the channel was given itself.

    A job that goes on at another pace is next due a period from when it was last due, and never later than it was.
    """
    held = Schedule.objects.filter(channel_id=channel_id, job=job).first()
    next_at = None
    if every_seconds:
        next_at = now
        if held is not None and held.next_at is not None:
            next_at = min(held.next_at, now + timedelta(seconds=every_seconds))
    Schedule.objects.update_or_create(
        channel_id=channel_id,
        job=job,
        defaults={"every_seconds": every_seconds, "own_seconds": own, "next_at": next_at},
    )


def bring_forward(channel_id: int, *, job: str, to: datetime) -> None:
    """Have a recurring job run no later than this; one that is off stays off."""
    Schedule.objects.filter(channel_id=channel_id, job=job, every_seconds__gt=0, next_at__gt=to).update(next_at=to)


def set_job_default(account_id: int, *, job: str, every_seconds: int) -> None:
    """Set how often a job runs on an account's channels that do not say otherwise; they are told apart from this."""
    JobDefault.objects.update_or_create(account_id=account_id, job=job, defaults={"every_seconds": every_seconds})


def note_ran(channel_id: int, *, job: str, state: str, summary: str, now: datetime) -> None:
    """Remember how a recurring job ended last, also when it left no run."""
    Schedule.objects.filter(channel_id=channel_id, job=job).update(ran_at=now, ran_state=state, ran_summary=summary)


def mark_product_master(account_id: int, *, channel_id: int | None) -> None:
    """Make a channel the account's Master Product Source, or none of them. Needs a transaction."""
    Channel.objects.filter(account_id=account_id, is_product_master=True).update(is_product_master=False)
    if channel_id is not None:
        Channel.objects.filter(id=channel_id, account_id=account_id).update(is_product_master=True)


def claim_due_schedules(*, now: datetime, most: int) -> list[tuple[int, str]]:
    """Take the recurring jobs that are due, as (channel id, job), and set when each is next due. Needs a transaction.

    A slot that was missed is run once, not once for every slot.
    """
    due = list(
        Schedule.objects.select_for_update(skip_locked=True)
        .filter(next_at__lte=now, every_seconds__gt=0, channel__state=ChannelState.ACTIVE)
        .order_by("next_at", "id")[:most]
    )
    for schedule in due:
        schedule.next_at = now + timedelta(seconds=schedule.every_seconds)
    Schedule.objects.bulk_update(due, ["next_at"])
    return [(schedule.channel_id, schedule.job) for schedule in due]


def note_success(channel_id: int, *, now: datetime) -> bool:
    """The far side answered as agreed. Returns whether that is news; it is written down at most once in a while.

    A rest that it asked for goes on all the same: this may be the answer to what was under way before.
    """
    stale = Q(succeeded_at__isnull=True) | Q(succeeded_at__lt=now - SUCCESS_NOTED_EVERY)
    troubled = Q(failures_in_a_row__gt=0) | Q(retry_at__lte=now)
    asked = When(retry_at__gt=now, then="retry_at")
    changed = Channel.objects.filter(stale | troubled, id=channel_id).update(
        succeeded_at=now, failures_in_a_row=0, failure="", retry_at=Case(asked, default=None)
    )
    if changed:
        end_probe(channel_id)
    return bool(changed)


def note_failure(channel_id: int, *, reason: str, asked_seconds: float | None, now: datetime) -> int:
    """The far side could not be reached: rest. Returns how many times in a row it has happened."""
    Channel.objects.filter(id=channel_id).update(
        failed_at=now, failure=reason, failures_in_a_row=F("failures_in_a_row") + 1
    )
    failures = Channel.objects.values_list("failures_in_a_row", flat=True).get(id=channel_id)
    _rest(channel_id, back_off(failures, asked_seconds=asked_seconds), now=now)
    end_probe(channel_id)
    return failures


def rest_channel(channel_id: int, *, seconds: float, now: datetime) -> None:
    """We were asked to slow down: rest, without counting it as a failure."""
    _rest(channel_id, back_off(0, asked_seconds=seconds), now=now)


def _rest(channel_id: int, wait: timedelta, *, now: datetime) -> None:
    """Let it rest so long; a rest that was asked for is never made shorter."""
    until = Value(now + spread(wait, randbelow(1000) / 1000))
    Channel.objects.filter(id=channel_id).update(retry_at=Greatest(Coalesce("retry_at", until), until))


def claim_probe(channel_id: int, *, now: datetime) -> bool:
    """Be the one who sees whether the far side is well again; everybody else waits for what comes of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO channels_paceclock AS clock (channel_id, name, next_at)
            VALUES (%(channel)s, %(name)s, %(until)s)
            ON CONFLICT (channel_id, name) DO UPDATE SET next_at = excluded.next_at WHERE clock.next_at <= %(now)s
            """,
            {"channel": channel_id, "name": PROBE, "now": now, "until": now + timedelta(seconds=PROBE_SECONDS)},
        )
        return bool(cursor.rowcount)


def end_probe(channel_id: int) -> None:
    """It is known what came of it."""
    PaceClock.objects.filter(channel_id=channel_id, name=PROBE).delete()


def pause_channel(channel_id: int, *, reason: str, now: datetime) -> None:
    """Rest a channel until a person mends it; its work waits."""
    Channel.objects.filter(id=channel_id, state=ChannelState.ACTIVE).update(
        state=ChannelState.PAUSED, state_reason=reason, failed_at=now, failure=reason
    )


def resume_channel(channel_id: int) -> None:
    """Let a channel's work go on at once."""
    Channel.objects.filter(id=channel_id, deleted_at__isnull=True).update(
        state=ChannelState.ACTIVE, state_reason="", failures_in_a_row=0, failure="", retry_at=None
    )


def put_text(channel_id: int, *, key: str, value: str, expires_at: datetime | None) -> None:
    """Keep a connector's text, encrypted and bound to this channel and key."""
    sealed = settings.KEY_RING.encrypt(value, bound_to=f"channel:{channel_id}:text:{key}")
    StoredText.objects.update_or_create(
        channel_id=channel_id, key=key, defaults={"value": sealed, "expires_at": expires_at}
    )


def forget_text(channel_id: int, *, key: str) -> None:
    """Drop a connector's text."""
    StoredText.objects.filter(channel_id=channel_id, key=key).delete()


def forget_expired_texts(*, now: datetime) -> None:
    """Drop the texts whose time is over."""
    StoredText.objects.filter(expires_at__lte=now).delete()


def reseal_all(ring: KeyRing) -> int:
    """Encrypt every secret and stored text anew with the ring's current key. Returns how many; needs a transaction."""
    count = 0
    for channel in Channel.objects.select_for_update().order_by("id"):
        for name, token in channel.secrets.items():
            place = f"channel:{channel.id}:secret:{name}"
            channel.secrets[name] = ring.encrypt(ring.decrypt(token, bound_to=place), bound_to=place)
            count += 1
        channel.save(update_fields=["secrets"])
    for text in StoredText.objects.select_for_update().order_by("id").iterator(chunk_size=500):
        place = f"channel:{text.channel_id}:text:{text.key}"
        text.value = ring.encrypt(ring.decrypt(text.value, bound_to=place), bound_to=place)
        text.save(update_fields=["value"])
        count += 1
    return count


def take_turn(channel_id: int, *, pace: str, seconds_between: float) -> tuple[float, float]:
    """Take the next free turn of a pace and return in how many seconds it is: one statement, shared by all.

    And how many seconds the far side itself wants between two calls that create, which is learned: usually none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO channels_paceclock AS clock (channel_id, name, next_at)
            VALUES (%(channel)s, %(name)s, clock_timestamp() + %(between)s * interval '1 second')
            ON CONFLICT (channel_id, name) DO UPDATE
                SET next_at = greatest(clock.next_at, clock_timestamp()) + %(between)s * interval '1 second'
            RETURNING extract(epoch FROM next_at - %(between)s * interval '1 second' - clock_timestamp())::float8,
                coalesce((SELECT microseconds_between FROM channels_learnedpace WHERE channel_id = %(channel)s), 0)
            """,
            {"channel": channel_id, "name": pace, "between": seconds_between},
        )
        row = cursor.fetchone()
    assert row is not None, "an upsert returns its row"
    return max(row[0], 0.0), row[1] / MICRO


@contextmanager
def changing_slowdown(channel_id: int) -> Iterator[tuple[Slowdown, float]]:
    """Hold what all workers have learned of a channel's pace, with the moment it is; what is changed of it is kept."""
    with transaction.atomic(), connection.cursor() as cursor:
        # What is returned is read with the row in our hands, the time too.
        cursor.execute(
            """
            INSERT INTO channels_learnedpace (channel_id) VALUES (%s)
            ON CONFLICT (channel_id) DO UPDATE SET channel_id = excluded.channel_id
            RETURNING microseconds_between, extract(epoch FROM next_at)::float8,
                extract(epoch FROM quiet_until)::float8, extract(epoch FROM taken_at)::float8, microseconds_gap,
                extract(epoch FROM clock_timestamp())::float8
            """,
            [channel_id],
        )
        row = cursor.fetchone()
        assert row is not None, "an upsert returns its row"
        slowdown, now = open_slowdown(row)
        yield slowdown, now
        cursor.execute(
            """
            UPDATE channels_learnedpace SET microseconds_between = %s, next_at = to_timestamp(%s),
                quiet_until = to_timestamp(%s), taken_at = to_timestamp(%s), microseconds_gap = %s
            WHERE channel_id = %s
            """,
            [
                round(slowdown.between * MICRO),
                slowdown.next_at,
                slowdown.quiet_until,
                slowdown.taken_at,
                round(slowdown.gap * MICRO),
                channel_id,
            ],
        )


def _keep_former(channel: Channel, secrets: Mapping[str, str], *, now: datetime) -> None:
    """Keep what these secrets take the place of, to be masked for as long as the far side may still say it."""
    for name in secrets.keys() & channel.secrets.keys():
        try:
            former = settings.KEY_RING.decrypt(channel.secrets[name], bound_to=f"channel:{channel.id}:secret:{name}")
        except KeyProblem:
            continue
        if former != secrets[name]:
            key = f"{FORMER}{name}:{channel.credential_version}"
            put_text(channel.id, key=key, value=former, expires_at=now + FORMER_KEPT)


def _seal(channel: Channel, secrets: Mapping[str, str], *, actor: str, now: datetime) -> None:
    for name, value in secrets.items():
        channel.secrets[name] = settings.KEY_RING.encrypt(value, bound_to=f"channel:{channel.id}:secret:{name}")
        channel.secret_notes[name] = {"tail": tail_of(value), "by": actor, "at": now.isoformat()}
    channel.save(update_fields=["secrets", "secret_notes"])


def _check_settle_window(options: Mapping[str, Any], plain: Mapping[str, Any]) -> None:
    seconds = options.get("settle_seconds")
    shortest = shortest_settle_seconds(str(plain.get("api_url", "")))
    if seconds is not None and seconds < shortest:
        raise Invalid(
            f"The settle window may not be shorter than {shortest} seconds: a late request could be sent twice.",
            field="settle_seconds",
        )
