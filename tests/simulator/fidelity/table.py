"""The statements, the tests that are marked with them, and the page made of both."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.support.marks import Mark

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent.parent
STATEMENTS = Path(__file__).with_name("statements.toml")
SWITCHES = Path(__file__).with_name("switches.toml")
PAGE = ROOT / "docs" / "simulator" / "fidelity.md"
TAGS = {
    "DOC": "stated in the vendor's API documentation",
    "KB": "stated in its help centre",
    "CODE": "seen in programs that run against the live service",
    "GUESS": "our inference; a setting where it matters",
    "SIM": "promised by the simulator itself",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the service does; `reason` says why it is not applicable here."""

    id: str
    section: str
    tag: str
    text: str
    reason: str | None


def load_statements() -> list[Statement]:
    """All statements in order."""
    parsed = tomllib.loads(STATEMENTS.read_text())
    return [
        Statement(f"{section.split()[0]}-{name}", section, tag, text, reason[0] if reason else None)
        for section, rows in parsed.items()
        for name, (tag, text, *reason) in rows.items()
    ]


def load_switches() -> dict[str, list[str] | str]:
    """By statement, the settings that decide it, or why there is none."""
    return tomllib.loads(SWITCHES.read_text())


def find_unswitched(statements: list[Statement], switches: dict[str, list[str] | str], known: set[str]) -> list[str]:
    """Guesses and disagreements that no setting decides and no reason excuses, and settings that are none."""
    open_points = {one.id for one in statements if "GUESS" in one.tag.split("/") or one.section.startswith("22 ")}
    named = {name for row in switches.values() if isinstance(row, list) for name in row}
    return [
        *(f"{name} is open and has no switch" for name in sorted(open_points - switches.keys())),
        *(f"{name} has a switch and is no open point" for name in sorted(switches.keys() - open_points)),
        *(f"{name} is no setting" for name in sorted(named - known)),
    ]


def find_faults(statements: list[Statement], marks: list[Mark]) -> list[str]:
    """What is wrong between statements and tests; empty when every row is shown."""
    known = {statement.id for statement in statements}
    applicable = {statement.id for statement in statements if statement.reason is None}
    marked = {mark.statement for mark in marks}
    tagged = [statement for statement in statements if not set(statement.tag.split("/")) <= TAGS.keys()]
    return [
        *(f"{statement.id}: no such tag as {statement.tag}" for statement in tagged),
        *(f"{mark.path.name}::{mark.test} shows {mark.statement}, which is no statement" for mark in marks
          if mark.statement not in known),
        *(f"{name} is not applicable but shown by a test" for name in sorted(marked & (known - applicable))),
        *(f"{name} has no test" for name in sorted(applicable - marked)),
    ]  # fmt: skip


def render(statements: list[Statement], marks: list[Mark]) -> str:
    """The page as it should be."""
    switches = load_switches()
    shown = {name: list(group) for name, group in groupby(sorted(marks, key=_by_statement), key=_by_statement)}
    here = [statement for statement in statements if statement.reason is None]
    counts = Counter(statement.tag for statement in here)
    lines = [
        "# What the simulator is faithful to",
        "",
        "Written by `make fidelity` from the tests. `make check` fails when a row has no test or the page is old.",
        f"{len(here)} statements: {', '.join(f'{number} {tag}' for tag, number in counts.most_common())}.",
        f"{len(statements) - len(here)} more cannot be observed in a simulator and are listed at the end.",
        "",
        *(f"- {tag}: {meaning}" for tag, meaning in TAGS.items()),
        "",
        "Guesses, and points on which sources disagree, are decided by the [settings](settings.md) named with them.",
    ]
    for section, rows in groupby(here, key=lambda statement: statement.section):
        lines += ["", f"## {section}", "", "| Statement | Tag | Decided by | Shown by |", "| --- | --- | --- | --- |"]
        lines += [_render_row(row, shown.get(row.id, []), switches.get(row.id)) for row in rows]
    lines += ["", "## Not applicable", "", "| Section | Statement | Tag | Why not |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row.section} | {_cell(row.text)} | {row.tag} | {_cell(row.reason)} |" for row in statements if row.reason
    ]
    return "\n".join(lines) + "\n"


def _render_row(row: Statement, marks: list[Mark], switches: list[str] | str | None) -> str:
    tests = sorted({(mark.test, mark.path.relative_to(ROOT).as_posix()) for mark in marks})
    links = "<br>".join(f"[{test.removeprefix('test_')}](../../{path})" for test, path in tests)
    settings = ", ".join(f"`{name}`" for name in switches) if isinstance(switches, list) else ""
    return f'| <a id="{row.id}"></a>{_cell(row.text)} | {row.tag} | {settings} | {links} |'


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _by_statement(mark: Mark) -> str:
    return mark.statement
