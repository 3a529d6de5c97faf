"""Count the calls a full life of orders costs at the warehouse's system, and what it costs to find nothing new.

    python proofs/thrift.py [--orders 1000]

Orders of the real book travel the whole road (see proofs/road.py); then each sync is asked for once more, with nothing
changed. The simulator counts the requests on the wire. Skips with a message when the book is absent.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from proofs import road as walked

ROOT = walked.HERE.parent / ".data" / "thrift"
QUIET = ("export_products", "receive_inventory", "receive_shipments", "export_shipments")
PATIENCE_SECONDS = 120.0


def main() -> int:
    """Walk the road, then ask for every sync again; print the calls of both. Exit 0 only when the road held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1000)
    given = parser.parse_args()
    if not walked.BOOK.exists():
        print(f"skipped: there is no order book at {walked.BOOK.name}; see proofs/README.md.")
        return 0
    with walked.cut(walked.BOOK, given.orders) as book, walked.everything(ROOT) as road:
        walked.set_up(road, per_minute=0)
        walked.import_book(road, book)
        walked.seed(road)
        before = calls(road)
        walked.run(road, trouble=False, workers=1)
        for kind in ("receive_shipments", "receive_inventory"):
            road.dockline("channel", "rhythm", "Leicester", kind, "0")
        life = calls(road) - before
        held = walked.verify(road)
        print_life(road, life)
        print_quiet(road)
    print("the road holds" if held else "THE ROAD DOES NOT HOLD")
    return 0 if held else 1


def calls(road: walked.Road) -> Counter[str]:
    """How many requests of each kind the simulator has seen."""
    counted = road.simulator.call("GET", "/requests")
    assert isinstance(counted, dict)
    return Counter({kind: sum(answers.values()) for kind, answers in counted.items()})


def print_life(road: walked.Road, life: Counter[str]) -> None:
    """Print the calls of the whole life of the orders, and for a thousand shipments."""
    ((shipments, products),) = road.ask(
        "SELECT (SELECT count(*) FROM shipments_shipment WHERE confirmed_at IS NOT NULL), "
        "(SELECT count(*) FROM products_variant)"
    )
    sent = int(str(shipments))
    print(f"\n{sent} shipments of {road.figures['orders']} orders, {products} products: {sum(life.values())} calls")
    print(f"{'call':60} {'made':>8} {'for 1,000 shipments':>20}")
    for kind, count in life.most_common():
        print(f"{kind:60} {count:8} {count * 1000 / sent:20.0f}")
    polls = road.ask("SELECT kind, sum(calls)::int FROM runs_run WHERE calls > 0 GROUP BY kind ORDER BY kind")
    print("by run:", ", ".join(f"{kind} {count}" for kind, count in polls))


def print_quiet(road: walked.Road) -> None:
    """Print what each sync costs when nothing has changed."""
    for kind in QUIET:
        # What comes back may let more be sent; only then nothing changes any more.
        ask(road, kind)
    print(f"\n{'asked for again, nothing changed':40} {'calls':>6} {'writes':>7}")
    for kind in QUIET:
        before = calls(road)
        ask(road, kind)
        made = calls(road) - before
        writes = sum(count for name, count in made.items() if is_write(name))
        print(f"{kind:40} {sum(made.values()):6} {writes:7}   {dict(made)}")


def is_write(kind: str) -> bool:
    """Whether such a request changes something there; searches and tokens are asked for by POST too."""
    method, _, path = kind.partition(" ")
    return method in ("PUT", "PATCH", "DELETE") or (
        method == "POST" and not path.endswith(("/search", "/token", "/report-runs"))
    )


def ask(road: walked.Road, kind: str) -> None:
    """Ask for a sync, and wait until it is over and nothing is under way."""
    ((last,),) = road.ask("SELECT coalesce(max(id), 0) FROM runs_run")
    road.dockline("sync", "Leicester", kind)
    deadline = time.monotonic() + PATIENCE_SECONDS
    over = "SELECT count(*) FROM runs_run WHERE id > %s AND kind = %s AND finished_at IS NOT NULL"
    busy = "SELECT count(*) FROM shipments_shipment WHERE dispatch IN ('ready', 'sending', 'settling')"
    while road.ask(over, last, kind) == [(0,)] or road.ask(busy) != [(0,)]:
        if time.monotonic() > deadline:
            raise SystemExit(f"{kind} was not done within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
