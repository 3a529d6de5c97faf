"""Who uses the embedded database: the last one out turns off the light, also when several leave at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from dockline.kit import postgres
from dockline.kit.presence import PRESENCE_LOCK, Presence


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


def test_who_waits_while_the_last_one_stops_the_database_comes_in_to_a_new_one(root: Path) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            come(root).step_out()
            with psycopg.connect(postgres.dsn(root), autocommit=True) as leaves:
                leaves.execute(f"SELECT pg_advisory_lock({PRESENCE_LOCK})")
                coming = pool.submit(come, root)
                while leaves.execute(waiting).fetchone() != (1,):
                    time.sleep(0.01)
                postgres.stop(root)
            presence = coming.result(30)
            with psycopg.connect(postgres.dsn(root)) as session:
                session.execute("SELECT 1")
            presence.leave()


def test_who_finds_the_database_stopped_under_them_comes_in_again(root: Path) -> None:
    presence = come(root)
    postgres.stop(root)
    assert presence.keep()
    assert not presence.keep(), "and stays"
    presence.leave()
    assert postgres.status(root) == "stopped"
