"""A wake-up exists exactly when the facts do, once, and is never lost while another begins."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as NotYet
from typing import Any

import pytest
from django.db import connection, transaction

from dockline.domain.channels import operations as channels
from dockline.domain.runs.rules import RunKind
from dockline.flows import job_names, lanes
from dockline.interfaces.jobs.worker import JOBS_AT_A_TIME
from dockline.kit import clock
from dockline.kit.queue import engine
from dockline.kit.queue import port as queue
from dockline.kit.queue.models import Wakeup
from tests.domain.conftest import make_shop

NAME = "test.work"


@pytest.fixture(autouse=True)
def empty_queue(transactional_db: None) -> None:
    """The job engine's tables are its own: emptying Django's leaves them as they were."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_events CASCADE")


@pytest.fixture
def done() -> Iterator[list[int]]:
    """The subjects for which the work of this module was done."""
    seen: list[int] = []
    queue.handles(NAME)(seen.append)
    yield seen
    del queue._handlers[NAME]


def jobs(*columns: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns or ['lock'])} FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def wakeups() -> list[tuple[str, int]]:
    return list(Wakeup.objects.order_by("id").values_list("name", "subject_id"))


class TestAsking:
    @pytest.mark.fault("C05")
    def test_no_commit_no_job(self) -> None:
        with pytest.raises(RuntimeError, match="changed my mind"), transaction.atomic():
            queue.wake(NAME, 1)
            assert len(jobs()) == 1
            raise RuntimeError("changed my mind")
        assert (jobs(), wakeups()) == ([], [])

    @pytest.mark.fault("C05")
    def test_commit_and_there_is_one_job_that_nobody_saw_before(self, elsewhere: Callable[..., Any]) -> None:
        with transaction.atomic():
            queue.wake(NAME, 1)
            assert elsewhere(jobs).result(5) == []
        assert elsewhere(jobs).result(5) == [(f"{NAME}:1",)]
        assert wakeups() == [(NAME, 1)]

    @pytest.mark.fault("N12")
    def test_orders_stock_and_channels_in_trouble_wait_in_lanes_of_their_own(self) -> None:
        shop = make_shop()
        channel_id = shop.channel.pk
        queue.wake(job_names.ADVANCE, shop.account.pk)
        for name in (job_names.EXPORT_SHIPMENTS, job_names.RECEIVE_INVENTORY):
            queue.wake(name, channel_id)
        channels.note_failure(channel_id, reason="silence", asked_seconds=None, now=clock.now())
        for name in (job_names.SETTLE, job_names.ASKED_OF_RUN_KIND[RunKind.SWEEP]):
            queue.wake(name, channel_id)
        lanes_of = {lock.partition(":")[0]: lane for lock, lane in jobs("lock", "queue_name")}
        assert lanes_of == {
            "outbound.advance": lanes.ORDERS,
            "outbound.export": lanes.ORDERS,
            "inventory.receive": lanes.REST,
            "outbound.settle": lanes.TROUBLED,
            "outbound.sweep.asked": lanes.TROUBLED,
        }
        assert JOBS_AT_A_TIME.keys() == {lanes.ORDERS, lanes.REST, lanes.TROUBLED}, "somebody works on each"

    def test_asking_again_while_one_waits_adds_nothing(self) -> None:
        for _ in range(3):
            queue.wake(NAME, 1)
        assert (len(jobs()), wakeups()) == (1, [(NAME, 1)])
        queue.wake(NAME, 2)
        queue.wake("test.other", 1)
        assert (len(jobs()), len(wakeups())) == (3, 3)

    @pytest.mark.fault("C10")
    def test_what_is_asked_while_the_work_goes_on_is_done_again(self, done: list[int]) -> None:
        queue.wake(NAME, 1)

        def ask_once_more(subject_id: int) -> None:
            done.append(subject_id)
            if len(done) == 1:
                queue.wake(NAME, subject_id)

        queue._handlers[NAME] = ask_once_more
        assert queue.drain() == 2
        assert (done, wakeups(), len(jobs())) == ([1, 1], [], 2)

    @pytest.mark.fault("C10")
    def test_many_who_ask_at_once_make_one_job(self, elsewhere: Callable[..., Any]) -> None:
        together = threading.Barrier(6)

        def ask() -> None:
            together.wait(10)
            queue.wake(NAME, 1)

        for asked in [elsewhere(ask) for _ in range(6)]:
            asked.result(10)
        assert (len(jobs()), wakeups()) == (1, [(NAME, 1)])

    def test_a_queue_that_never_ends_is_said_to(self, done: list[int]) -> None:
        queue._handlers[NAME] = lambda subject_id: queue.wake(NAME, subject_id)
        queue.wake(NAME, 1)
        with pytest.raises(RuntimeError, match="after 5 jobs"):
            queue.drain(most=5)


class TestAskingWhileOneBegins:
    def test_work_that_begins_waits_for_whoever_is_asking_and_sees_the_facts(
        self, elsewhere: Callable[..., Any], done: list[int]
    ) -> None:
        queue.wake(NAME, 1)
        seen: list[int] = []
        queue._handlers[NAME] = lambda subject_id: seen.append(Wakeup.objects.filter(name="test.fact").count())
        with transaction.atomic():
            Wakeup.objects.create(name="test.fact", subject_id=9, asked_at="2026-03-01T00:00:00Z")
            queue.wake(NAME, 1)
            begun = elsewhere(queue.run_one, NAME, 1)
            with pytest.raises(NotYet):
                begun.result(0.5)
            assert seen == []
        begun.result(10)
        assert seen == [1], "it began only after the commit, and so knows of the fact"

    def test_whoever_asks_while_it_is_being_taken_down_makes_a_new_one(self, elsewhere: Callable[..., Any]) -> None:
        queue.wake(NAME, 1)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM queue_wakeup WHERE name = %s AND subject_id = 1", [NAME])
            asked = elsewhere(queue.wake, NAME, 1)
            with pytest.raises(NotYet):
                asked.result(0.5)
        asked.result(10)
        assert (wakeups(), len(jobs())) == ([(NAME, 1)], 2)


class TestDeadWorkers:
    def begin(self, *, heartbeat_seconds_ago: float | None) -> None:
        """A job that is being done by a worker last heard of a while ago, or by one that is no more."""
        queue.wake(NAME, 1)
        with connection.cursor() as cursor:
            worker_id = None
            if heartbeat_seconds_ago is not None:
                cursor.execute(
                    "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second') "
                    "RETURNING id",
                    [heartbeat_seconds_ago],
                )
                (worker_id,) = cursor.fetchone()
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker_id])

    def workers(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers")
            return int(cursor.fetchone()[0])

    @pytest.mark.parametrize("silent_for", [engine.DEAD_AFTER_SECONDS + 1, 3600, None])
    @pytest.mark.fault("C12")
    def test_their_jobs_wait_again(self, silent_for: float | None) -> None:
        self.begin(heartbeat_seconds_ago=silent_for)
        assert engine.return_jobs_of_dead_workers() == 1
        assert jobs("status", "lock", "worker_id") == [("todo", f"{NAME}:1", None)]
        assert self.workers() == 0
        assert engine.return_jobs_of_dead_workers() == 0

    @pytest.mark.fault("C13")
    def test_the_jobs_of_the_living_are_theirs(self) -> None:
        self.begin(heartbeat_seconds_ago=engine.DEAD_AFTER_SECONDS - 5)
        before = jobs("status", "lock", "worker_id")
        assert engine.return_jobs_of_dead_workers() == 0
        assert jobs("status", "lock", "worker_id") == before and before[0][0] == "doing"
        assert self.workers() == 1


def test_a_job_that_ends_wakes_its_successor_at_once(
    done: list[int], elsewhere: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a poll of a minute, only the release of the lock can have started the second job."""
    monkeypatch.setattr(engine, "POLL_SECONDS", 60.0)
    started, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def work(subject_id: int) -> None:
        done.append(subject_id)
        if len(done) == 1:
            started.set()
            assert go_on.wait(20)
        else:
            finished.set()

    queue._handlers[NAME] = work
    loop = asyncio.new_event_loop()
    queue.wake(NAME, 1)

    async def run() -> None:
        task = asyncio.ensure_future(engine.work({queue.USUAL_LANE: 2}))
        stopping.append(task)
        try:
            await task
        except asyncio.CancelledError:
            return

    stopping: list[Any] = []
    worker = threading.Thread(target=lambda: loop.run_until_complete(run()), name="worker")
    worker.start()
    try:
        assert started.wait(20)
        queue.wake(NAME, 1)
        # The worker has heard of the second job and may not begin it: the first still holds the lock.
        time.sleep(1)
        assert done == [1]
        go_on.set()
        assert finished.wait(10), "the successor waited for a poll"
        assert done == [1, 1]
    finally:
        go_on.set()
        loop.call_soon_threadsafe(stopping[0].cancel)
        worker.join(30)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert not worker.is_alive()


@pytest.mark.fault("N12")
def test_work_that_hangs_in_one_lane_keeps_nobody_waiting_in_another(
    done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as may hang do, and more of them wait: the other lane's work is done all the same."""
    slow, go_on, finished = "test.slow", threading.Event(), threading.Event()
    queue.handles(slow, lane_of=lambda subject_id: "slow")(lambda subject_id: bool(go_on.wait(30)))
    queue._handlers[NAME] = lambda subject_id: finished.set()
    loop, tasks = asyncio.new_event_loop(), []
    for subject_id in range(4):
        queue.wake(slow, subject_id)

    async def run() -> None:
        tasks.append(asyncio.ensure_future(engine.work({queue.USUAL_LANE: 1, "slow": 2})))
        with contextlib.suppress(asyncio.CancelledError):
            await tasks[0]

    worker = threading.Thread(target=lambda: loop.run_until_complete(run()), name="worker")
    worker.start()
    try:
        deadline = time.monotonic() + 20
        while len([status for (status,) in jobs("status") if status == "doing"]) < 2:
            assert time.monotonic() < deadline, "the slow lane did not fill"
            time.sleep(0.05)
        queue.wake(NAME, 1)
        assert finished.wait(20), "it waited for what hangs in another lane"
        assert [status for (status,) in jobs("status")].count("doing") >= 2, "they still hang"
    finally:
        go_on.set()
        loop.call_soon_threadsafe(tasks[0].cancel)
        worker.join(30)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        del queue._handlers[slow], queue._lanes[slow]
    assert not worker.is_alive()
