"""Calls that wait are kept together, each is answered for itself, and no more wait than there is room for."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from dockline.flows.webhooks import Call, Presented, Taken
from dockline.interfaces.webhooks import letterbox
from dockline.interfaces.webhooks.letterbox import Letterbox

NOBODY = Presented(headers={}, query={})


class Keeper:
    """Keeps nothing before it may, and remembers what it was given at once."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.batches: list[list[str]] = []

    def __call__(self, calls: Sequence[Call]) -> list[Taken | None]:
        assert self.may.wait(5)
        self.batches.append([call.kind for call in calls])
        if any(call.kind == "breaks" for call in calls):
            raise ZeroDivisionError
        return [Taken(woke=call.kind) for call in calls]


def put(keeper: Keeper, kinds: Sequence[str], *, body: bytes = b"{}") -> list[Taken | None]:
    """Put all of them while the first is being kept."""

    async def run() -> list[Taken | None]:
        box = Letterbox(keeper)
        asked = [asyncio.create_task(box.put(Call("token", kind, NOBODY, body))) for kind in kinds]
        await asyncio.sleep(0.05)
        assert not any(task.done() and task.result() for task in asked), "answered before it is kept"
        keeper.may.set()
        return list(await asyncio.gather(*asked))

    # In a thread of its own: a browser that is open has a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def test_what_waits_is_kept_together_and_answered_one_by_one() -> None:
    keeper, kinds = Keeper(), [f"kind {number}" for number in range(letterbox.MOST_TOGETHER + 20)]
    assert put(keeper, kinds) == [Taken(woke=kind) for kind in kinds]
    assert [len(batch) for batch in keeper.batches] == [letterbox.MOST_TOGETHER, 20]


def test_one_that_breaks_something_breaks_it_for_no_other() -> None:
    assert put(Keeper(), ["first", "second", "breaks", "third"]) == [
        Taken(woke="first"),
        Taken(woke="second"),
        None,
        Taken(woke="third"),
    ]


def test_a_flood_is_sent_away() -> None:
    large = bytes(1024 * 1024)
    answers = put(Keeper(), ["a call"] * 70, body=large)
    room = letterbox.MOST_BYTES // (len(large) + letterbox.CALL_BYTES)
    assert answers == [Taken(woke="a call")] * room + [None] * (70 - room) and room > 50
