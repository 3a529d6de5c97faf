"""What is asked about who may send."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from dockline.domain.guard.models import Guard, Sender, Stop
from dockline.domain.guard.rules import Books, Server, StopCause


@dataclass(frozen=True)
class StopRow:
    """A stop of all sending, as people read it. `place` is the data folder that noticed."""

    id: int
    cause: StopCause
    place: str
    noticed_at: datetime
    lifted_at: datetime | None
    lifted_by: str


def read_server() -> tuple[Server, datetime]:
    """Ask PostgreSQL which tables these are, in what server, and since when it runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT system_identifier::text FROM pg_control_system()),
                   left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                   (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
                   'guard_sender'::regclass::oid::bigint,
                   pg_postmaster_start_time()
            """
        )
        row = cursor.fetchone()
    assert row is not None, "PostgreSQL answered a query without a row"
    return Server(system=row[0], timeline=row[1], database=row[2], tables=row[3]), row[4]


def find_books() -> Books | None:
    """Return what the database says of its sending; None before anybody has ever sent."""
    guard = Guard.objects.first()
    if guard is None:
        return None
    senders = dict(Sender.objects.values_list("id", "sent"))
    return Books(
        server=Server(guard.system, guard.timeline, guard.database, guard.tables),
        vouched_start=guard.server_started_at,
        epoch=guard.epoch,
        sent=sum(senders.values()),
        senders=frozenset(senders),
    )


def count_sent() -> int:
    """Count what all data folders together were ever about to say."""
    return int(Sender.objects.aggregate(total=Sum("sent"))["total"] or 0)


def find_stop() -> StopRow | None:
    """Return the stop of all sending that nobody has lifted, if there is one."""
    stop = Stop.objects.filter(lifted_at__isnull=True).first()
    return None if stop is None else _row(stop)


def find_last_lifted() -> StopRow | None:
    """Return the stop that was lifted last, if there ever was one."""
    stop = Stop.objects.filter(lifted_at__isnull=False).order_by("-lifted_at").first()
    return None if stop is None else _row(stop)


def _row(stop: Stop) -> StopRow:
    return StopRow(
        id=stop.pk,
        cause=StopCause(stop.cause),
        place=stop.place,
        noticed_at=stop.noticed_at,
        lifted_at=stop.lifted_at,
        lifted_by=stop.lifted_by,
    )
