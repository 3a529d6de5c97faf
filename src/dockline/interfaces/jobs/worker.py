"""One worker process: does jobs, ticks the clock for everybody, and returns the jobs of workers that died."""

import asyncio
import gc
import logging
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connections

from dockline.flows import lanes, upkeep
from dockline.kit import database
from dockline.kit.queue import engine

log = logging.getLogger(__name__)

JOBS_AT_A_TIME = {lanes.ORDERS: 4, lanes.REST: 2, lanes.TROUBLED: 2}
"""By lane, so that stock never waits before an order, nor anybody for a far side that does not answer."""
TICK_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
REAP_EVERY_TICKS = 5


def worker() -> None:
    """Run one worker alone; any number may run, on any number of hosts that share the database."""
    if settings.KEY_RING.lacking:
        # Without them no channel can be opened, and each would only be paused for it.
        sys.exit(f"dockline: nothing is sent or received: {settings.KEY_RING.lacking}")
    database.end_long_waits()
    sys.exit(_run())


def settle_in() -> None:
    """Make this process fit for long work, before its first job."""
    # Threads that come back from the network should not queue behind the one that computes: see bench/road.py.
    sys.setswitchinterval(SWITCH_SECONDS)
    # The program's own objects stay. Reading large answers sets the search for garbage going again and again, and to
    # look through them each time was a third of the price of a stock report.
    gc.freeze()


def _run() -> int:
    """Work until told to stop. Returns the exit code: not 0 when the database went away, so that we are restarted."""
    settle_in()
    stop = threading.Event()
    ticker = threading.Thread(target=_tick, args=(stop,), name="ticker", daemon=True)
    ticker.start()
    try:
        return asyncio.run(_work())
    finally:
        stop.set()
        ticker.join(timeout=5)


async def _work() -> int:
    # Jobs are plain functions: they run in threads of their own, as many as there are jobs at a time.
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(sum(JOBS_AT_A_TIME.values()) + 2, thread_name_prefix="job"))
    task = asyncio.create_task(engine.work(JOBS_AT_A_TIME))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    except Exception:
        log.exception("The job engine ended.")
        return 1
    return 0


def _tick(stop: threading.Event) -> None:
    ticks = 0
    while not stop.wait(TICK_SECONDS):
        ticks += 1
        try:
            upkeep.tend()
            if ticks % REAP_EVERY_TICKS == 0:
                engine.return_jobs_of_dead_workers()
        except Exception as error:
            # The next tick tries again; the database may be restarting.
            log.warning("A tick failed: %s", error)
        finally:
            connections.close_all()
