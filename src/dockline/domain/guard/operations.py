"""Make senders known, count what they are about to say, stop all sending and let it go on."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from dockline.domain.guard.models import Guard, Sender, Stop
from dockline.domain.guard.rules import Server, StopCause


def lock() -> None:
    """Let nobody else decide about sending before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE guard_stop IN SHARE ROW EXCLUSIVE MODE")


def vouch(server: Server, *, started: datetime) -> None:
    """Remember on which server all is well, and since when it runs."""
    Guard.objects.update_or_create(
        id=1,
        defaults={
            "system": server.system,
            "timeline": server.timeline,
            "database": server.database,
            "tables": server.tables,
            "server_started_at": started,
        },
    )


def enrol(sender: UUID, *, place: str, now: datetime) -> None:
    """Make a data folder known as one that sends; one that is known stays as it is."""
    Sender.objects.get_or_create(id=sender, defaults={"place": place, "enrolled_at": now})


def count_sending(sender: UUID) -> bool:
    """Count, in the transaction of an intent, that this folder is about to say something; False when it may not.

    The last statement before the commit, for others of the same folder wait for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE guard_sender SET sent = sent + 1
            WHERE id = %s AND NOT EXISTS (SELECT FROM guard_stop WHERE lifted_at IS NULL)
            """,
            [sender],
        )
        return bool(cursor.rowcount)


def stop_sending(cause: StopCause, *, place: str, now: datetime) -> None:
    """Have nobody send until a person lifts it."""
    Stop.objects.create(cause=cause, place=place, noticed_at=now)


def lift(*, by: str, now: datetime) -> bool:
    """End the stop and begin a new epoch, for which no data folder remembers anything; False without a stop."""
    if not Stop.objects.filter(lifted_at__isnull=True).update(lifted_at=now, lifted_by=by[:100]):
        return False
    guard = Guard.objects.get(id=1)
    guard.epoch += 1
    guard.save(update_fields=["epoch"])
    return True
