"""Switch every rule of safety off in turn, and see that the simulation then finds a wrong world: rules that bite.

A rule whose absence nothing notices is not proven by the runs in which nothing goes wrong. So each is named here with
its switch, or with the reason why the simulation cannot break it and what shows it instead.

    python -m proofs.teeth                  every rule, at most 1,000 seeds each
    python -m proofs.teeth --size 200       at most 200
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

from dockline.domain.dispatches import rules
from proofs import simulation

SEEDS = 1000


@dataclass(frozen=True)
class Tooth:
    """A rule and the switches that take it away: all of them at once, where one covers for another."""

    rule: str
    words: str
    off: tuple[str, ...]


@dataclass(frozen=True)
class Unproven:
    """A rule that the simulation cannot break, why, and what shows it."""

    rule: str
    words: str
    why: str


TEETH = (
    Tooth("R1", "the reference is fixed before the first call", ("reference first",)),
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
    Tooth("R13", "who waits is woken in the same commit", ("woken in the same commit",)),
    Tooth("K03", "an attempt knows which credentials it used", ("fenced credentials",)),
    Tooth("K06", "what may be elsewhere is held", ("hold when pointed elsewhere",)),
)

UNPROVEN = (
    Unproven(
        "R2",
        "what is said again is said to the letter",
        "whatever else arrives is not equal and so is held (R10); shown by tests/flows/test_lost_answers.py",
    ),
    Unproven("R11", "look before sending after a restore", "no backups here; the model check breaks it"),
    Unproven("R12", "time and turns live in PostgreSQL", "one clock here; turns are shown by tests/domain"),
    Unproven("R14", "the sweep", "it repairs what no other rule can see; shown by tests/flows/test_sending_stops.py"),
    Unproven("R15", "what breaks stops its channel alone", "nothing of ours breaks here; see flows/breakage.py"),
    Unproven("R16", "the core is pure", "no switch: a seed replays to the letter, and imports are forbidden"),
    Unproven("R17", "every attempt can be explained", "nobody reads here; shown by tests/web"),
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
        with mock.patch.multiple(simulation, SETTLE=settle):
            yield frozenset(tooth.off)


def bite(tooth: Tooth, *, seeds: int = SEEDS) -> Bite:
    """Play worlds without the rule until one goes wrong."""
    with _without(tooth) as off:
        for seed in range(seeds):
            found = simulation.World(seed, off=off).run().judge()
            if found:
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
    for rule in UNPROVEN:
        print(f"E6 {rule.rule:<4} unproven: {rule.words:<41} {rule.why}")
    missed = sum(one.seed is None for one in bites)
    bitten = f"{len(bites)} teeth, {size:,} seeds at most, {missed} not noticed"
    print(f"E6: {bitten}; {len(UNPROVEN)} rules unproven here")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
