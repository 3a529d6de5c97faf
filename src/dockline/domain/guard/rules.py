"""When sending must stop: what the database says of itself is compared with what is known outside it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dockline.kit.choices import Choice


class StopCause(Choice):
    """Why nothing is sent."""

    OTHER_SERVER = "other_server", "The database is in another PostgreSQL than before"
    OTHER_TIMELINE = "other_timeline", "PostgreSQL was set back to an earlier moment, or a standby took over"
    OTHER_TABLES = "other_tables", "The database was restored from a dump, or copied"
    FORGOTTEN = "forgotten", "The database has forgotten what was sent: it was set back"
    OTHER_FOLDER = "other_folder", "The data folder was copied, or restored from a copy"
    NO_WITNESS = "no_witness", "This data folder has never sent for this database, and nobody vouches for it"


@dataclass(frozen=True)
class Server:
    """What tells the tables we work on from any copy of them, as far as PostgreSQL says."""

    system: str
    timeline: str
    database: int
    tables: int


@dataclass(frozen=True)
class Books:
    """What the database says: the server it was last vouched for on, and how much was ever sent.

    `vouched_start` is when that server had been started: until it is started again it cannot have been set back.
    `epoch` counts the stops that were lifted.
    """

    server: Server
    vouched_start: datetime
    epoch: int
    sent: int
    senders: frozenset[UUID]


@dataclass(frozen=True)
class Seen:
    """What a data folder remembers: who it is, and how much it knows was sent. In a copy it is not at home."""

    sender: UUID
    epoch: int
    number: int
    is_at_home: bool


@dataclass(frozen=True)
class Verdict:
    """Whether this data folder may send; `enrols` when it has to be made known first."""

    stop: StopCause | None = None
    enrols: bool = False


def judge(books: Books | None, seen: Seen | None, *, server: Server, started: datetime) -> Verdict:
    """Say whether sending may go on, from the books, the data folder's memory and the server as it is now.

    `books` is None before anybody has ever sent.
    """
    if books is None:
        # A file that remembers more than the very first start is of a database that has been set back beyond it.
        return Verdict(StopCause.FORGOTTEN) if seen is not None and seen.number > 0 else Verdict(enrols=True)
    if server != books.server:
        return Verdict(_name_change(books.server, server))
    if seen is not None and (seen.epoch, seen.number) > (books.epoch, books.sent):
        return Verdict(StopCause.FORGOTTEN)
    is_ours = seen is not None and seen.is_at_home and seen.sender in books.senders
    if seen is not None and is_ours:
        # Of an earlier epoch it has slept through a stop that a person lifted since.
        return Verdict(enrols=seen.epoch < books.epoch)
    if started == books.vouched_start:
        # Another host: the server runs since somebody vouched for it, so it is neither a copy nor set back.
        return Verdict(enrols=True)
    return Verdict(StopCause.OTHER_FOLDER if seen is not None else StopCause.NO_WITNESS)


def _name_change(before: Server, now: Server) -> StopCause:
    if now.system != before.system:
        return StopCause.OTHER_SERVER
    if now.timeline != before.timeline:
        return StopCause.OTHER_TIMELINE
    return StopCause.OTHER_TABLES
