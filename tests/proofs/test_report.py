"""The report says what the programs said, marks what does not hold or was not run, and knows nothing of the product."""

import ast
from pathlib import Path

from proofs.report import PARTS, Ended, Part, Shown

from proofs import report

MODEL = """\
faults, deaths, pauses, late news                          17,128 states      87,669 steps    2.4 s  0 violations
database restored                                          64,884 states     252,297 steps   25.2 s  0 violations
"""
SIMULATION = (
    "20,000 orders, 22,503 calls to create: 0 lost, 0 duplicated, 0 to a wrong account; trace 1a2b3c4d; "
    "bound 3/20,000 = 1.5e-04; seeds 0 to 999; 4.1 s\n"
)

DRILLS = """\
  1.0 s  ok   Sent after the backup: 1000 orders
  2.0 s  ok   Set back: by a dump
  3.0 s  ok   Sent by the restored database before a person let it: 0 requests; noticed as forgotten
  4.0 s  ok   Verified after the restore: 0 lost, 0 duplicated, 0 different
  5.0 s  ok   Sent after the backup: 20 orders
  6.0 s  ok   Set back: by files
  7.0 s  BAD  Sent by the restored database before a person let it: 2 requests; noticed as other_folder
  8.0 s  BAD  Verified after the restore: 0 lost, 1 duplicated, 0 different
  9.0 s  ok   Set back: by a dump
"""


def test_what_programs_print_is_read() -> None:
    model, simulation = report.read_model(MODEL, {}), report.read_simulation(SIMULATION, {})
    assert (model.size, model.result) == ("2 scenarios, 82,012 states, 339,966 steps", "0 violations")
    assert simulation.seeds == "0 to 999; trace 1a2b3c4d" and simulation.bound == "3/20,000 = 1.5e-04"
    assert simulation.result == "0 lost, 0 duplicated, 0 to a wrong account"


def test_what_drills_print_is_read() -> None:
    drill = report.read_drill(DRILLS, {})
    assert drill.size == "3 restores (2 by a dump, 1 by files), with up to 1,000 orders sent since; one copy"
    assert drill.result == "2 requests sent while stopped; 1 lost, duplicated or different"


def test_what_proofs_of_several_goals_print_is_read() -> None:
    teeth = report.read_teeth("E6: 20 teeth, 1,000 seeds at most, 0 not noticed; 2 in tests, all pass", {})
    assert (teeth.size, teeth.result) == (
        "20 switches in the simulation, 2 in tests of the hub",
        "0 not noticed; of the tests all pass",
    )
    printed = (
        "F2: 100 channels, 0 wrong\nF6: 1 GiB: memory +1 MiB, 2 wrong\n   the second line of what is wrong\n"
        "W6: 300 schedules, 120 read, 180 refused, 0 wrong; seeds 0 to 299\n"
        "D1 units: 5 conversions, 1 not exact; seed 7; 1 s\n"
    )
    assert report.read_counted(printed, {}) == Shown(
        "F2: 100 channels; F6: 1 GiB: memory +1 MiB; W6: 300 schedules, 120 read, 180 refused; D1 units: 5 conversions",
        "0 to 299, 7",
        "3 wrong",
    )
    assert report.read_counted("nothing", {}).result == "unknown wrong"


def ended(part: Part, *, result: str = "all is well", is_good: bool = True, run: str = "1 May 2026, abc") -> Ended:
    return Ended(part, Shown("much", "1", result), is_good=is_good, seconds=1.0, run=run)


def page_of(*ended: Ended, full: bool = False) -> str:
    return report.render({one.part.goals: report.row_of(one) for one in ended}, full=full)


def test_what_fails_or_was_not_run_stands_on_the_page() -> None:
    good = [ended(part) for part in PARTS]
    assert "Everything holds. Written by" in page_of(*good)
    page = page_of(*good[:-1], ended(PARTS[-1], result="1 lost", is_good=False), full=True)
    assert "**Not everything holds.**" in page
    assert "**Does not hold.** 1 lost" in page and "Written by `make prove-full`" in page
    assert "What was run holds. **Not everything was run.**" in page_of(*good[:2])


def test_a_part_run_by_itself_replaces_its_row_alone() -> None:
    page = page_of(*(ended(part, run="1 May 2026, abc") for part in PARTS[:3]))
    rows = report.read_rows(page)
    assert list(rows) == [part.goals for part in PARTS[:3]], "what was not run has no row"
    again = ended(PARTS[1], result="1 lost", is_good=False, run="2 May 2026, def")
    merged = report.render({**rows, PARTS[1].goals: report.row_of(again)}, full=False)
    assert merged.count("1 May 2026, abc") == 2 and merged.count("2 May 2026, def") == 1
    assert merged.index("| 2 May 2026, def |") > merged.index(f"| {PARTS[1].goals} |")
    assert "**Not everything holds.**" in merged
    mended = {**report.read_rows(merged), PARTS[1].goals: report.row_of(ended(PARTS[1]))}
    assert report.render(mended, full=False) == page


def test_the_page_says_what_the_full_sizes_leave_out() -> None:
    left_out = next(part for part in PARTS if part.less)
    assert f"- {left_out.goals}: {left_out.less}" in page_of(full=True)
    assert left_out.less not in page_of()


def test_parts_are_told_apart_by_their_goals() -> None:
    goals = [part.goals for part in PARTS]
    assert len(set(goals)) == len(goals)


def test_neither_the_report_nor_the_verifier_shares_code_with_the_product() -> None:
    for name in ("report.py", "verify_ledger.py"):
        tree = ast.parse((Path(report.__file__).parent / name).read_text())
        imported = {
            alias.name if isinstance(node, ast.Import) else node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not [one for one in imported if one.split(".")[0] in ("dockline", "cartoncloud_simulator", "tests")]
