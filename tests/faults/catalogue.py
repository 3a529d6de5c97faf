"""The faults, the tests that are marked with them, and the page made of both."""

import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.support.marks import Mark

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
FAULTS = Path(__file__).with_name("faults.toml")
PAGE = ROOT / "docs" / "faults.md"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and what must happen then; `today` is what happens where that is not yet so."""

    id: str
    section: str
    what: str
    then: str
    today: str | None


def load_faults() -> list[Fault]:
    """All faults in order."""
    return [
        Fault(name, section, what, then, today[0] if today else None)
        for section, rows in tomllib.loads(FAULTS.read_text()).items()
        for name, (what, then, *today) in rows.items()
    ]


def find_gaps(faults: list[Fault], marks: list[Mark]) -> list[str]:
    """What is wrong between faults and tests; empty when every fault is shown or said not to be."""
    known = {fault.id: fault for fault in faults}
    marked = {mark.statement for mark in marks}
    return [
        *(f"{mark.path.name}::{mark.test} shows {mark.statement}, which is no fault" for mark in marks
          if mark.statement not in known),
        *(f"{fault.id} has no test" for fault in faults if fault.today is None and fault.id not in marked),
        *(f"{fault.id} is said not to be shown, but is" for fault in faults if fault.today and fault.id in marked),
    ]  # fmt: skip


def render(faults: list[Fault], marks: list[Mark]) -> str:
    """The page as it should be."""
    shown = [fault for fault in faults if fault.today is None]
    missing = [fault for fault in faults if fault.today is not None]
    rest = f"{len(missing)} are not, and listed at the end." if missing else "none is left."
    lines = [
        "# What goes wrong, and what happens then",
        "",
        "Written by `make faults` from the tests. `make check` fails when a fault has no test or the page is old.",
        f"{len(shown)} faults are shown by tests; {rest}",
    ]
    for section, rows in groupby(shown, key=lambda fault: fault.section):
        lines += ["", f"## {section}", "", *_head("What goes wrong", "What happens then", "Shown by")]
        lines += [f"| {row.id} | {row.what} | {row.then} | {_links(row, marks)} |" for row in rows]
    if missing:
        lines += ["", "## Not shown", "", *_head("What goes wrong", "What should happen", "Today")]
        lines += [f"| {row.id} | {row.what} | {row.then} | {row.today} |" for row in missing]
    return "\n".join(lines) + "\n"


def _head(*names: str) -> list[str]:
    return [f"| | {' | '.join(names)} |", "| --- | --- | --- | --- |"]


def _links(fault: Fault, marks: list[Mark]) -> str:
    tests = sorted(
        {(mark.test, mark.path.relative_to(ROOT).as_posix()) for mark in marks if mark.statement == fault.id}
    )
    return "<br>".join(f"[{test.removeprefix('test_')}](../{path})" for test, path in tests)
