"""Whether anything may be sent: asked before each intent, so that a database set back or copied sends nothing.

Reads the books of the guard, the witness file in the data folder and what PostgreSQL says of itself. Writes the guard,
issues and history. Who has no permission cannot write to any far side (`gateway/runtime.py`).
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from dockline.connectors.contract.capabilities import Capability
from dockline.domain.accounts import queries as accounts
from dockline.domain.channels import queries as channels
from dockline.domain.guard import operations as guard
from dockline.domain.guard import queries as guard_queries
from dockline.domain.guard.rules import Books, Seen, StopCause, Verdict, judge
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.flows import job_names
from dockline.flows.changes import Subject, remember_deed
from dockline.gateway import directory, runtime
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing
from dockline.kit.queue import port as queue
from dockline.kit.witness import Witness, keep_witness, read_witness

STOPPED = "Sending is stopped: the database may have been set back, or may be a copy."
SUBJECT = Subject("guard", 1)
"""What the history of stopping and letting go on is kept under."""


class SendingStopped(Exception):
    """Sending was stopped while an intent was being written; nothing of it may be committed."""


@dataclass(frozen=True)
class Permission:
    """That this data folder may send."""

    sender: UUID
    epoch: int
    path: Path

    def count(self) -> None:
        """Count an intent, as the last statement of its transaction. Raises SendingStopped."""
        if not guard.count_sending(self.sender):
            raise SendingStopped

    def seal(self) -> None:
        """Remember outside the database, once the intent is committed and before anything of it is sent."""
        keep_witness(self.path, sender=self.sender, epoch=self.epoch, number=guard_queries.count_sent())
        passing(Failpoint.SENDING_SEALED)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Count and seal something that has no intent of its own, and let the block change it over there."""
        with committing(Failpoint.SENDING_COUNTED):
            self.count()
        self.seal()
        with runtime.writing():
            yield


def ask_permission() -> Permission | None:
    """Return the permission to send; None while sending is stopped, which is noticed here.

    An ordinary start, a crash of any process or an upgrade change nothing that is looked at.
    """
    if guard_queries.find_stop() is not None:
        return None
    path = _path()
    books, seen = guard_queries.find_books(), read_witness(path)
    server, started = guard_queries.read_server()
    verdict = judge(books, _seen(seen), server=server, started=started)
    if verdict == Verdict() and books is not None and seen is not None:
        if started != books.vouched_start:
            guard.vouch(server, started=started)
        if seen.number < books.sent:
            # What others have sent is remembered here too: they may not be there when it is forgotten.
            keep_witness(path, sender=seen.sender, epoch=books.epoch, number=books.sent)
        return Permission(seen.sender, books.epoch, path)
    return _act_on_verdict(path)


@committing(Failpoint.SENDER_ENROLLED)
def _act_on_verdict(path: Path) -> Permission | None:
    """Stop all sending, or make this folder known: judged again, with nobody else deciding meanwhile."""
    guard.lock()
    if guard_queries.find_stop() is not None:
        return None
    books, seen = guard_queries.find_books(), read_witness(path)
    server, started = guard_queries.read_server()
    verdict = judge(books, _seen(seen), server=server, started=started)
    if verdict.stop is not None:
        _stop(verdict.stop)
        return None
    guard.vouch(server, started=started)
    sender = _sender(books, seen)
    epoch, sent = (books.epoch, books.sent) if books is not None else (0, 0)
    # The file first: what only the file knows is made known again, what only the database knows would look lost.
    keep_witness(path, sender=sender, epoch=epoch, number=sent)
    guard.enrol(sender, place=_place(), now=clock.now())
    return Permission(sender, epoch, path)


def _sender(books: Books | None, seen: Witness | None) -> UUID:
    if seen is not None and seen.is_at_home and (books is None or seen.sender in books.senders):
        return seen.sender
    return uuid4()


def _seen(witness: Witness | None) -> Seen | None:
    if witness is None:
        return None
    return Seen(witness.sender, witness.epoch, witness.number, witness.is_at_home)


def _stop(cause: StopCause) -> None:
    now = clock.now()
    guard.stop_sending(cause, place=_place(), now=now)
    sentence = f"{STOPPED} {cause.label}."
    issues.open_issues(
        [
            NewIssue(
                account_id=account.id,
                cause=causes.SENDING_STOPPED,
                subject_kind="account",
                subject_id=account.id,
                subject_label=account.name,
                title=sentence,
                detail=f"Noticed by the data folder {_place()}.",
            )
            for account in accounts.list_accounts()
        ],
        now=now,
    )
    # What a person needs to decide is gathered at once.
    able = directory.list_keys_with(Capability.LIST_SHIPMENTS)
    for channel_id in channels.list_active_ids(connectors=able):
        queue.wake(job_names.SWEEP, channel_id)
    remember_deed(SUBJECT, "sending.stopped", sentence, actor="the guard", now=now)


def _path() -> Path:
    # By the marker, so that a data folder may remember several databases, one after the other.
    return Path(settings.DATA_ROOT) / f"witness-{accounts.get_marker()}"


def _place() -> str:
    return f"{socket.gethostname()}:{settings.DATA_ROOT}"
