"""Switch every rule of safety off in turn, and see that a wrong world is then found: rules that bite.

A rule whose absence nothing notices is not proven by the runs in which nothing goes wrong. So each is named here with
its switch in the simulation, or with the test that breaks it in the hub itself, where the simulation has no such thing.

    python -m proofs.teeth                  every rule, at most 1,000 seeds each
    python -m proofs.teeth --size 200       at most 200
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from unittest import mock

from dockline.domain.dispatches import rules
from dockline.domain.dispatches.rules import Dispatch, Event
from proofs import simulation

SEEDS = 1000
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Tooth:
    """A rule and the switches that take it away: all of them at once, where one covers for another."""

    rule: str
    words: str
    off: tuple[str, ...]
    kind: simulation.Kind = simulation.Kind.USUAL


@dataclass(frozen=True)
class Tested:
    """A rule of which the simulation has nothing: the test that finds something wrong in the hub without it."""

    rule: str
    words: str
    test: str


TEETH = (
    Tooth("R1", "the reference is fixed before the first call", ("reference first",)),
    Tooth("R2", "what is said again is said to the letter", ("frozen message",)),
    Tooth("R3", "the intent is committed before the call", ("intent before call",)),
    Tooth("R3", "no call starts past its time", ("deadline before call",)),
    Tooth("R4", "only the newest attempt is answered", ("fenced answers",)),
    Tooth("R5", "who takes over looks first", ("takeover looks first",)),
    Tooth("R6", "silence is no refusal", ("silence is no refusal",)),
    Tooth("R7", "one send per attempt", ("one send per attempt",)),
    Tooth("R8", "absence waits for the settle window", ("settle window",)),
    Tooth("R9", "absence is seen twice", ("two absences",)),
    Tooth("R9", "references match exactly", ("exact match",)),
    Tooth("R10", "only what is equal is adopted", ("equal before adopted",)),
    Tooth("R11", "look before sending after a restore", ("look after a restore",), simulation.Kind.RESTORED),
    Tooth("R12", "instants are the database's", ("one clock",)),
    Tooth("R12", "turns are taken in the database", ("turns in the database",)),
    Tooth("R13", "who waits is woken in the same commit", ("woken in the same commit",)),
    Tooth("R14", "sweeps tell what no other rule sees", ("sweep",), simulation.Kind.BEYOND),
    Tooth("R16", "the core draws no dice of its own", ("pure core",)),
    Tooth("K03", "an attempt knows which credentials it used", ("fenced credentials",)),
    Tooth("K06", "what may be elsewhere is held", ("hold when pointed elsewhere",)),
)

TESTED = (
    Tested(
        "R15",
        "what breaks stops its channel alone",
        "tests/flows/test_teeth.py::test_without_attendance_broken_work_is_done_again_and_again",
    ),
    Tested(
        "R17",
        "every attempt can be explained",
        "tests/flows/test_teeth.py::test_without_its_record_an_attempt_is_not_explained",
    ),
)


@dataclass(frozen=True)
class Bite:
    """What the absence of a rule did: the first seed in which something was wrong, and what."""

    tooth: Tooth
    seed: int | None
    wrong: dict[str, int]
    seeds: int


@contextmanager
def _without(tooth: Tooth) -> Iterator[frozenset[str]]:
    """Take away what is a number rather than a step of the simulated hub."""
    with mock.patch.multiple(rules, CLEAN_ABSENCES_NEEDED=1 if "two absences" in tooth.off else 2):
        settle = simulation.SETTLE / 10 if "settle window" in tooth.off else simulation.SETTLE
        decide = _decide_by_dice if "pure core" in tooth.off else rules.decide
        with mock.patch.multiple(simulation, SETTLE=settle), mock.patch.multiple(rules, decide=decide):
            yield frozenset(tooth.off)


_decide = rules.decide


def _decide_by_dice(dispatch: Dispatch, event: Event, now: datetime) -> Dispatch:
    """Decide, and rest a little, as long as the machine's dice say."""
    after = _decide(dispatch, event, now)
    if after.wake_at is None:
        return after
    return replace(after, wake_at=after.wake_at + timedelta(seconds=SystemRandom().random()))


def bite(tooth: Tooth, *, seeds: int = SEEDS) -> Bite:
    """Play worlds without the rule until one goes wrong."""
    with _without(tooth) as off:
        for seed in range(seeds):
            world, again = (simulation.World(seed, off=off, kind=tooth.kind).run() for _ in range(2))
            found = world.judge()
            found["not the same again"] += world.trace != again.trace
            if found := +found:
                return Bite(tooth, seed, dict(found), seed + 1)
    return Bite(tooth, None, {}, seeds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=SEEDS, help="seeds at most for each rule")
    size = parser.parse_args().size
    bites = [bite(tooth, seeds=size) for tooth in TEETH]
    for one in bites:
        found = ", ".join(f"{count} {what}" for what, count in one.wrong.items())
        said = f"seed {one.seed}: {found}" if found else f"NOT NOTICED in {one.seeds:,} seeds"
        print(f"E6 {one.tooth.rule:<4} off: {one.tooth.words:<46} {said}")
    missed = sum(one.seed is None for one in bites)
    failed = _run_tests()
    print(f"E6: {len(bites)} teeth, {size:,} seeds at most, {missed} not noticed; {len(TESTED)} in tests, {failed}")
    return bool(missed) or failed != "all pass"


def _run_tests() -> str:
    """Run the tests that break a rule in the hub."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", *(one.test for one in TESTED)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for one in TESTED:
        print(f"E6 {one.rule:<4} off: {one.words:<46} {one.test.rpartition('::')[2]}")
    if ended.returncode:
        print(ended.stdout[-2000:])
    return "SOME FAIL" if ended.returncode else "all pass"


if __name__ == "__main__":
    sys.exit(main())
