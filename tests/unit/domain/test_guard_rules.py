"""When sending stops, and when it must not: every way a database and a data folder may come together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from dockline.domain.guard.rules import Books, Seen, Server, StopCause, Verdict, judge

SERVER = Server(system="7000", timeline="00000001", database=16384, tables=17000)
STARTED = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = STARTED + timedelta(hours=1)
US, THEM = UUID(int=1), UUID(int=2)
BOOKS = Books(server=SERVER, vouched_start=STARTED, epoch=1, sent=40, senders=frozenset({US, THEM}))
OURS = Seen(sender=US, epoch=1, number=40, is_at_home=True)
GO, ENROL = Verdict(), Verdict(enrols=True)


def stop(cause: StopCause) -> Verdict:
    return Verdict(stop=cause)


@pytest.mark.parametrize(
    ("books", "seen", "server", "started", "verdict"),
    [
        pytest.param(None, None, SERVER, STARTED, ENROL, id="the very first start"),
        pytest.param(BOOKS, OURS, SERVER, STARTED, GO, id="an ordinary moment"),
        pytest.param(BOOKS, OURS, SERVER, LATER, GO, id="an ordinary restart of PostgreSQL"),
        pytest.param(BOOKS, replace(OURS, number=39), SERVER, LATER, GO, id="killed between commit and file"),
        pytest.param(BOOKS, None, SERVER, STARTED, ENROL, id="another host joins"),
        pytest.param(
            BOOKS, replace(OURS, is_at_home=False), SERVER, STARTED, ENROL, id="another host, its folder copied"
        ),
        pytest.param(
            BOOKS, replace(OURS, epoch=0, number=90), SERVER, LATER, ENROL, id="a host that slept through a stop"
        ),
        pytest.param(BOOKS, None, SERVER, LATER, stop(StopCause.NO_WITNESS), id="a lost witness, or a copied cluster"),
        pytest.param(
            BOOKS, replace(OURS, is_at_home=False), SERVER, LATER, stop(StopCause.OTHER_FOLDER), id="a copied folder"
        ),
        pytest.param(BOOKS, replace(OURS, number=41), SERVER, LATER, stop(StopCause.FORGOTTEN), id="set back"),
        pytest.param(
            BOOKS, replace(OURS, number=41), SERVER, STARTED, stop(StopCause.FORGOTTEN), id="set back while it ran"
        ),
        pytest.param(
            BOOKS, replace(OURS, epoch=2, number=1), SERVER, LATER, stop(StopCause.FORGOTTEN), id="set back past a stop"
        ),
        pytest.param(None, OURS, SERVER, STARTED, stop(StopCause.FORGOTTEN), id="set back past the first sending"),
        pytest.param(
            replace(BOOKS, senders=frozenset({THEM})),
            OURS,
            SERVER,
            LATER,
            stop(StopCause.OTHER_FOLDER),
            id="set back past our joining",
        ),
        pytest.param(
            BOOKS, OURS, replace(SERVER, system="7001"), LATER, stop(StopCause.OTHER_SERVER), id="a new cluster"
        ),
        pytest.param(
            BOOKS, OURS, replace(SERVER, timeline="00000002"), LATER, stop(StopCause.OTHER_TIMELINE), id="promoted"
        ),
        pytest.param(
            BOOKS, OURS, replace(SERVER, database=16999), STARTED, stop(StopCause.OTHER_TABLES), id="a copied database"
        ),
        pytest.param(
            BOOKS, OURS, replace(SERVER, tables=18000), STARTED, stop(StopCause.OTHER_TABLES), id="restored in place"
        ),
    ],
)
def test_who_may_send(
    books: Books | None, seen: Seen | None, server: Server, started: datetime, verdict: Verdict
) -> None:
    assert judge(books, seen, server=server, started=started) == verdict
