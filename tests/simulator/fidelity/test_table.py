"""The table itself: complete, current, and able to notice when it is not."""

from pathlib import Path

from cartoncloud_simulator.settings import Settings
from tests.simulator.fidelity.table import (
    PAGE,
    TESTS,
    Statement,
    find_faults,
    find_unswitched,
    load_statements,
    load_switches,
    render,
)
from tests.support.marks import Mark, find_marks

KNOWN = [
    Statement("1-shown", "1 One", "DOC", "It is shown.", None),
    Statement("1-bare", "1 One", "KB/CODE", "It is not.", None),
    Statement("1-far", "1 One", "DOC", "It is elsewhere.", "elsewhere"),
]


def mark(statement: str) -> Mark:
    return Mark(statement, "test_it", TESTS / "test_it.py")


def test_every_statement_is_shown_by_a_test() -> None:
    assert find_faults(load_statements(), list(find_marks("fidelity", TESTS, row="shows"))) == []


def test_the_page_is_current() -> None:
    marks = list(find_marks("fidelity", TESTS, row="shows"))
    assert PAGE.read_text() == render(load_statements(), marks), "make fidelity"


def test_every_guess_and_every_disagreement_is_decided_by_a_setting() -> None:
    assert find_unswitched(load_statements(), load_switches(), set(Settings.__struct_fields__)) == []


def test_an_open_point_without_a_switch_is_noticed() -> None:
    guess = Statement("1-guess", "1 One", "CODE/GUESS", "Perhaps.", None)
    assert find_unswitched([*KNOWN, guess], {"1-shown": ["a_setting"]}, set()) == [
        "1-guess is open and has no switch",
        "1-shown has a switch and is no open point",
        "a_setting is no setting",
    ]


def test_a_statement_without_a_test_and_a_mark_without_a_statement_are_noticed() -> None:
    assert find_faults(KNOWN, [mark("1-shown"), mark("1-bare")]) == []
    assert find_faults(KNOWN, [mark("1-shown")]) == ["1-bare has no test"]
    assert find_faults(KNOWN, [mark("1-shown"), mark("1-bare"), mark("1-none"), mark("1-far")]) == [
        "test_it.py::test_it shows 1-none, which is no statement",
        "1-far is not applicable but shown by a test",
    ]
    odd = Statement("1-odd", "1 One", "RUMOUR", "Heard of.", None)
    assert find_faults([odd], [mark("1-odd")]) == ["1-odd: no such tag as RUMOUR"]


def test_marks_are_read_from_decorators_and_rows_of_tests_that_always_run(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        '@pytest.mark.fidelity("1-a", "1-b")\n'
        '@pytest.mark.parametrize("x", [shows("1-c", 1), 2])\n'
        "def test_x(x): ...\n"
        '@pytest.mark.fidelity("1-d")\ndef helper(): ...\n'
        'class TestZ:\n    @pytest.mark.fidelity("1-f")\n    def test_z(self): ...\n'
        '@pytest.mark.skipif(True, reason="")\n@pytest.mark.fidelity("1-e")\ndef test_y(): ...\n'
    )
    assert [found.statement for found in find_marks("fidelity", tmp_path, row="shows")] == ["1-a", "1-b", "1-c", "1-f"]
