"""The world of the pages in a tenth of the time: its rows are kept some seconds and put in again for the next tests."""

import copy
import time
from dataclasses import dataclass

from django.db import connection, transaction

from dockline.gateway import runtime
from tests.support.page_world import World, make_world
from tests.support.tables import list_filled_tables

KEPT_SECONDS = 10
"""No longer: pages show what is new otherwise than what is not."""


@dataclass(frozen=True)
class _Kept:
    world: World
    rows: list[tuple[str, bytes]]
    made_at: float


_kept: dict[int, _Kept] = {}


def world_of(plain_orders: int) -> World:
    """Fill an empty database, as `make_world` does; rows have the numbers they had in the test before."""
    # What was said to a channel of the test before belongs to that test.
    runtime.end_conversations()
    kept = _kept.get(plain_orders)
    if kept is None or time.monotonic() - kept.made_at > KEPT_SECONDS:
        assert not list_filled_tables(), "something would be kept that is not of this world"
        world = make_world(plain_orders=plain_orders)
        kept = _kept[plain_orders] = _Kept(world, _take_rows(), time.monotonic())
    else:
        _put_rows(kept.rows)
    return copy.deepcopy(kept.world)


def _take_rows() -> list[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        taken = []
        # What lines name is there before them.
        for name in reversed(list_filled_tables()):
            with cursor.copy(f"COPY {name} TO STDOUT") as rows:
                taken.append((name, b"".join(rows)))
        return taken


def _put_rows(taken: list[tuple[str, bytes]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, data in taken:
            with cursor.copy(f"COPY {name} FROM STDIN") as rows:
                rows.write(data)
