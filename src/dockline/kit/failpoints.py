"""Every step of the work at which a worker may die, in one list. Nothing happens at them, unless a proof watches.

A step ends in what lasts: a commit, a call to somebody else, a file. `proofs/crashes.py` lets a worker die at each of
them, and the tests of that proof fail when a flow commits without one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from django.db import transaction


class Failpoint(Enum):
    """A step. Those that are passed say what has just happened; those that commit stop before and after it."""

    WAKE_ASKED = "jobs: a wake-up is asked for"
    WAKE_TAKEN = "jobs: a wake-up is taken down"
    JOBS_RETURNED = "jobs: those of dead workers wait again"
    SCHEDULES_WOKEN = "jobs: what the timetable has is woken"
    DISPATCHES_WOKEN = "jobs: dispatches that are due are woken"
    WISHES_WOKEN = "jobs: wishes that are due are woken"
    ORDERS_WOKEN = "jobs: orders that are due are woken"
    ASKED_WOKEN = "jobs: runs that wait are woken"
    TEXTS_FORGOTTEN = "jobs: small texts whose time is over are forgotten"
    TENDED = "jobs: the sweeper has come round"
    RUN_TAKEN = "runs: one that waited is taken up"
    RUN_BEGUN = "runs: one is begun"
    RUN_REPORTED = "runs: progress is written"
    LINES_WRITTEN = "runs: lines of the log are written"
    RUN_ENDED = "runs: one is ended"
    LOOK_PUT_OFF = "runs: what a call had asked for is asked for again"
    RUN_NOTED = "runs: the timetable knows of it"
    CHANNEL_REACTS = "channel: it rests or pauses"
    CHANNEL_RECOVERS = "channel: it works again"
    PROBE_CLAIMED = "channel: one goes to see whether it works again"
    PROBE_ENDED = "channel: who went to see had nothing to ask"
    CLOCK_NOTED = "channel: what its clock says is told, or no longer"
    PACE_LEARNED = "channel: what its far side teaches of the pace is kept"
    SENDER_ENROLLED = "guard: this folder is made known"
    SENDING_COUNTED = "guard: something without an intent is counted"
    SENDING_SEALED = "guard: the witness is written"
    REQUEST_LEAVES = "call: the next byte is the request's first"
    ANSWER_CAME = "call: the answer is read, or it is known that none comes"
    ORDERS_ADVANCED = "orders: their next steps are taken"
    PRODUCTS_BOOKED = "products: what the warehouse knows is booked"
    SHIPMENTS_POSTPONED = "products: shipments wait for those it refused"
    PURCHASES_POSTPONED = "products: purchase orders wait for those it refused"
    SHIPMENTS_CLAIMED = "export: the intents are stored"
    ANSWERS_REMEMBERED = "export: the answers are booked"
    ATTEMPTS_GIVEN_UP = "settle: attempts past their time are given up"
    LOOKS_TAKEN = "settle: what is looked for is read"
    LOOK_FAILED = "settle: a look told nothing"
    LOOK_BOOKED = "settle: what a look found is booked"
    WISHES_TAKEN = "cancel: wishes are settled here or taken up"
    CANCEL_INTENDED = "cancel: what will be asked is stored"
    CANCEL_ANSWERED = "cancel: how the asking ended is stored"
    WISHES_BOOKED = "cancel: what the warehouse said is booked"
    SHIPMENTS_RECEIVED = "receive: a page is booked"
    VANISHED_BOOKED = "receive: what is gone there is booked"
    SWEEP_BEGUN = "sweep: one is begun"
    SWEEP_KEPT = "sweep: what a page shows is kept"
    SWEEP_FINISHED = "sweep: it is complete"
    PURCHASE_CLAIMED = "purchases: the intent is stored"
    PURCHASE_REMEMBERED = "purchases: the answer is booked"
    PURCHASES_GIVEN_UP = "purchases: attempts past their time are given up"
    PURCHASE_LOOKS_TAKEN = "purchases: what is looked for is read"
    PURCHASE_LOOK_FAILED = "purchases: a look told nothing"
    PURCHASE_LOOK_BOOKED = "purchases: what a look found is booked"
    PURCHASE_WISH_TAKEN = "purchases: a wish is settled here or its intent is stored"
    PURCHASE_WISH_BOOKED = "purchases: what the warehouse said to a wish is booked"
    RECEIPTS_RECEIVED = "receipts: a page is booked"
    REPORT_STAGED = "inventory: rows of the report are put by"
    LEVELS_REPLACED = "inventory: the levels are replaced"
    CALL_KEPT = "webhooks: a call is kept"


class Moment(Enum):
    """When, at a failpoint."""

    AT = "at"
    BEFORE_COMMIT = "before the commit"
    AFTER_COMMIT = "after the commit"


Watch = Callable[[Failpoint, Moment], None]

_watch: Watch | None = None


def passing(point: Failpoint, moment: Moment = Moment.AT) -> None:
    """Say that a step has come so far."""
    if _watch is not None:
        _watch(point, moment)


@contextmanager
def committing(point: Failpoint) -> Iterator[None]:
    """A transaction that is a step; also as a decorator. It can fail just before its commit, and just after."""
    with transaction.atomic():
        yield
        passing(point, Moment.BEFORE_COMMIT)
    passing(point, Moment.AFTER_COMMIT)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have a proof told of every failpoint that this process passes. The product itself never calls this."""
    global _watch
    _watch = watch
    try:
        yield
    finally:
        _watch = None
