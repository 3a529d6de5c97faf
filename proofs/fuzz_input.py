"""Give the reader of everything that comes from outside a million hostile bodies, and all of Dockline many more.

W1 at the parser: every body becomes a value with nothing in it that could not be stored and sent, or the one refusal;
each in a moment, and the memory stays as it is. W1 through the stack, with W2: see proofs/hostile_stack.py. D1: a
quantity in another unit is exact, or known not to fit.

    python -m proofs.fuzz_input                     100,000 bodies at the parser, 5,000 through the stack
    python -m proofs.fuzz_input --size 1000000      a million, and 50,000
    python -m proofs.fuzz_input --stack 0           the parser alone
    python -m proofs.fuzz_input --size 0 --stack 50 the stack alone
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

import msgspec

from dockline.connectors.cartoncloud import schemas
from dockline.connectors.contract.errors import Unreadable
from dockline.connectors.toolkit import json
from dockline.connectors.toolkit.quantities import fits, times
from dockline.connectors.toolkit.redaction import Redactor
from proofs import hostile_bodies

if TYPE_CHECKING:
    from proofs.hostile_stack import Outcome

LONGEST_SECONDS = 2.0
"""What one body may take on a busy machine; the longest ones here have 100,000 bytes."""
MOST_GROWTH = 32 * 1024 * 1024
A_STORM = 5_000
"""So many bodies go through the stack before it begins anew: books of many orders take long to compare."""

OBJECTS: tuple[Any, ...] = (schemas.OutboundOrder, schemas.ReportRun, schemas.Product, schemas.UserInfo)
LISTS: tuple[Any, ...] = (
    list[schemas.OutboundOrder],
    list[schemas.InboundOrder],
    list[schemas.Consignment],
    list[schemas.Product],
    list[schemas.Named],
)
REDACTOR = Redactor(secrets=["a secret"], personal_keys=["name", "address1"])
"""It reads every body again for the record, and must get along with all of them."""


@dataclass
class Tally:
    """What came of the bodies. `wrong` are those that became neither a value nor the one refusal, or a bad value."""

    bodies: int = 0
    read: int = 0
    slowest: float = 0.0
    growth: int = 0
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not self.wrong and self.slowest < LONGEST_SECONDS and self.growth < MOST_GROWTH


def fuzz_parser(size: int, *, seed: int = 0) -> Tally:
    """Give so many bodies to the strict reader, as plain values and as the types that answers are read into."""
    tally = Tally()
    warm, before = min(size // 10, 20_000), 0
    for number, body in enumerate(islice(hostile_bodies.bodies(seed), size)):
        if number == warm:
            before = _memory()
        began = time.perf_counter()
        try:
            _read(body, number, tally)
        except Unreadable:
            pass
        except Exception as error:
            tally.wrong.append((f"{type(error).__name__}: {error}"[:200], body[:2000]))
        tally.slowest = max(tally.slowest, time.perf_counter() - began)
        tally.bodies += 1
    tally.growth = _memory() - before
    return tally


def fuzz_conversions(size: int, *, seed: int = 0) -> int:
    """Convert so many quantities into other units, by integers and nothing else; returns how many were not exact."""
    random = Random(seed)
    wrong = 0
    for _ in range(size):
        quantity, factor = _number(random), _number(random)
        exact = Fraction(quantity) * Fraction(factor)
        product = times(quantity, factor)
        fitting = abs(exact) < 10**14 and (exact * 10**6).denominator == 1
        wrong += Fraction(product) != exact or fits(product) != fitting
    return wrong


def _number(random: Random) -> Decimal:
    digits = random.getrandbits(random.choice((4, 8, 30, 60, 130)))
    return Decimal(digits).scaleb(-random.randrange(9)) if random.random() < 0.7 else Decimal(digits)


def _read(body: bytes, number: int, tally: Tally) -> None:
    value: Any
    if number % 16 == 0:
        REDACTOR.body(body).encode()
    if number % 4:
        kinds = LISTS if body[:1] == b"[" else OBJECTS
        value = json.decode(body, as_type=kinds[number % len(kinds)])
    else:
        value = json.read_tree(body)
    tally.read += 1
    _require_storable(json.encode(value))


def _require_storable(written: bytes) -> None:
    """What was read can be written again, holds no NUL and no number that is none, and is text."""
    written.decode()
    if b"\\u0000" in written:
        raise ValueError("a NUL was let through")
    msgspec.json.decode(written)


def _memory() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fuzz_stack(size: int, *, seed: int = 0) -> "Outcome":
    """Raise storm after storm in a database of its own, which is emptied between; see proofs/hostile_stack.py."""
    with own_database():
        from proofs import hostile_stack

        each = hostile_stack.FEW if size < A_STORM else hostile_stack.MANY
        outcome = hostile_stack.Outcome()
        while outcome.bodies < size and not outcome.wrong:
            with hostile_stack.storm(seed + outcome.storms, each) as storm:
                outcome.add(storm.rage(min(A_STORM, size - outcome.bodies)))
            _empty()
        return outcome


def _empty() -> None:
    from django.db import connection
    from tests.support.tables import list_filled_tables

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(list_filled_tables())} CASCADE")


@contextmanager
def own_database(*, is_lasting: bool = False) -> Iterator[None]:
    """A PostgreSQL with our tables for the time of a block, and Django set up for it.

    Unless it is to be lasting, as a real one is, it does not wait for the disk.
    """
    import django
    from django.core.management import call_command

    from dockline.kit import postgres

    root = Path(tempfile.mkdtemp(prefix="dockline-fuzz-"))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "dockline.config.settings", "DOCKLINE_DATA": str(root)}
    try:
        hasty = {} if is_lasting else dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "off")
        with mock.patch.dict(postgres._SETTINGS, hasty):
            os.environ["DATABASE_URL"] = postgres.ensure_running(root)
        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        postgres.stop(root, mode="immediate")
        shutil.rmtree(root, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="bodies at the parser")
    parser.add_argument("--stack", type=int, help="bodies through the stack; a twentieth unless said")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    stack = chosen.size // 20 if chosen.stack is None else chosen.stack
    wrong = False
    if chosen.size:
        wrong |= not _say_parser(chosen.size, chosen.seed)
        wrong |= not _say_conversions(chosen.size, chosen.seed)
    if stack:
        wrong |= not _say_stack(stack, chosen.seed)
    return wrong


def _say_parser(size: int, seed: int) -> bool:
    began = time.monotonic()
    tally = fuzz_parser(size, seed=seed)
    print(
        f"W1 parser: {tally.bodies:,} bodies, {tally.read:,} of them read, {len(tally.wrong)} wrong;"
        f" slowest {tally.slowest * 1000:.0f} ms, memory +{tally.growth / 2**20:.0f} MiB;"
        f" seed {seed}; {time.monotonic() - began:.0f} s"
    )
    for why, body in tally.wrong[:5]:
        print(f"  {why}: {body[:300]!r}")
    return tally.is_right


def _say_conversions(size: int, seed: int) -> bool:
    began = time.monotonic()
    wrong = fuzz_conversions(size, seed=seed)
    print(f"D1 units: {size:,} conversions, {wrong} not exact; seed {seed}; {time.monotonic() - began:.0f} s")
    return not wrong


def _say_stack(size: int, seed: int) -> bool:
    began = time.monotonic()
    outcome = fuzz_stack(size, seed=seed)
    seeds = f"seed {seed}" if outcome.storms == 1 else f"seeds {seed} to {seed + outcome.storms - 1}"
    answered = ", ".join(f"{count:,} times {status}" for status, count in sorted(outcome.answered.items()))
    print(
        f"W1 stack, W2: {outcome.bodies:,} bodies in {outcome.rounds:,} rounds, {outcome.calls:,} of them calls"
        f" ({answered}), {len(outcome.wrong)} wrong; {seeds}; {time.monotonic() - began:.0f} s"
    )
    for why in outcome.wrong[:10]:
        print(f"  {why}")
    return not outcome.wrong


if __name__ == "__main__":
    sys.exit(main())
