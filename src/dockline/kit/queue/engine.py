"""The job engine's worker, and what it leaves to us: to return the jobs of workers that died."""

import asyncio
from collections.abc import Mapping
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from dockline.kit.failpoints import Failpoint, committing

HEARTBEAT_SECONDS = 2.0
DEAD_AFTER_SECONDS = 10.0
POLL_SECONDS = 1.0
STOP_WITHIN_SECONDS = 25.0
KEPT_JOBS_PRUNED = "successful"


async def work(slots: Mapping[str, int]) -> None:
    """Do jobs until cancelled, so many of each lane at a time; then finish or abandon what is under way in a while."""
    async with asyncio.TaskGroup() as lanes:
        for lane, count in slots.items():
            lanes.create_task(_work_on(lane, jobs_at_a_time=count))


async def _work_on(lane: str, *, jobs_at_a_time: int) -> None:
    connector: Any = app.connector
    # An app of its own: jobs that ask for more work go on using Django's connection, and so its transaction.
    async with app.with_connector(connector.get_worker_connector()).open_async() as worker:
        await worker.run_worker_async(
            queues=[lane],
            concurrency=jobs_at_a_time,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
            shutdown_graceful_timeout=STOP_WITHIN_SECONDS,
            delete_jobs=KEPT_JOBS_PRUNED,
        )


@committing(Failpoint.JOBS_RETURNED)
def return_jobs_of_dead_workers() -> int:
    """Put jobs back whose worker has had no heartbeat for a while, and forget those workers. Any process may do it.

    Not a job itself: a reaper that is a job and dies while it holds its lock would block its own recovery.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT procrastinate_retry_job_v2(job.id, now(), NULL, NULL, NULL) FROM procrastinate_jobs job
            WHERE job.status = 'doing' AND NOT EXISTS (
                SELECT 1 FROM procrastinate_workers worker
                WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - %s * interval '1 second')
            """,
            [DEAD_AFTER_SECONDS],
        )
        returned = len(cursor.fetchall())
        cursor.execute(
            "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - %s * interval '1 second'",
            [DEAD_AFTER_SECONDS],
        )
    return returned
