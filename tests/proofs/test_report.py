"""The report says what the programs said, marks what does not hold or was not run, and knows nothing of the product."""

import ast
from pathlib import Path

from proofs.report import PARTS, Ended, Shown

from proofs import report

MODEL = """\
faults, deaths, pauses, late news                          17,128 states      87,669 steps    2.4 s  0 violations
database restored                                          64,884 states     252,297 steps   25.2 s  0 violations
"""
SIMULATION = (
    "20,000 orders, 22,503 calls to create: 0 lost, 0 duplicated, 0 to a wrong account; trace 1a2b3c4d; "
    "bound 3/20,000 = 1.5e-04; seeds 0 to 999; 4.1 s\n"
)


def test_what_programs_print_is_read() -> None:
    model, simulation = report.read_model(MODEL, {}), report.read_simulation(SIMULATION, {})
    assert (model.size, model.result) == ("2 scenarios, 82,012 states, 339,966 steps", "0 violations")
    assert simulation.seeds == "0 to 999; trace 1a2b3c4d" and simulation.bound == "3/20,000 = 1.5e-04"
    assert simulation.result == "0 lost, 0 duplicated, 0 to a wrong account"


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


def test_what_fails_or_was_not_run_stands_on_the_page() -> None:
    good = [Ended(part, Shown("much", "1", "all is well"), is_good=True, seconds=1.0) for part in PARTS]
    assert "Everything holds. Written by" in report.render(good, full=False, commit="abc")
    bad = [*good[:-1], Ended(PARTS[-1], Shown("much", "1", "1 lost"), is_good=False, seconds=1.0)]
    assert "**Not everything holds.**" in (page := report.render(bad, full=True, commit="abc"))
    assert "**Does not hold.** 1 lost" in page and "`make prove-full` on" in page
    assert "**Not everything was run.**" in report.render(good[:2], full=False, commit="abc")


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
