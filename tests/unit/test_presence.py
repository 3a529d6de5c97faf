"""Who uses the embedded database: the last one out turns off the light, also when several leave at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from dockline.kit import postgres
from dockline.kit.presence import Presence


def come(root: Path) -> Presence:
    presence = Presence(root)
    assert presence.keep()
    return presence


def test_three_who_leave_at_the_same_moment_stop_the_database(root: Path) -> None:
    present = [come(root) for _ in range(3)]
    together = threading.Barrier(len(present))

    def leave(presence: Presence) -> None:
        together.wait()
        presence.leave()

    with ThreadPoolExecutor(len(present)) as pool:
        list(pool.map(leave, present))
    assert postgres.status(root) == "stopped"


def test_it_runs_while_anybody_is_there(root: Path) -> None:
    stays, goes = come(root), come(root)
    goes.leave()
    assert postgres.status(root) == "running"

    with psycopg.connect(postgres.dsn(root)):
        stays.leave()
        assert postgres.status(root) == "running", "a session of somebody who never said so counts as well"
    come(root).leave()
    assert postgres.status(root) == "stopped"
