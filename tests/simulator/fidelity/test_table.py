"""The table itself: complete, current, and able to notice when it is not."""

from pathlib import Path

from tests.simulator.fidelity.table import (
    PAGE,
    TESTS,
    Mark,
    Statement,
    find_faults,
    find_marks,
    load_statements,
    render,
)

KNOWN = [
    Statement("1-shown", "1 One", "DOC", "It is shown.", None),
    Statement("1-bare", "1 One", "KB/CODE", "It is not.", None),
    Statement("1-far", "1 One", "DOC", "It is elsewhere.", "elsewhere"),
]


def mark(statement: str) -> Mark:
    return Mark(statement, "test_it", TESTS / "test_it.py")


def test_every_statement_is_shown_by_a_test() -> None:
    statements, pending = load_statements()
    assert find_faults(statements, pending, list(find_marks())) == []


def test_the_page_is_current() -> None:
    statements, _ = load_statements()
    assert PAGE.read_text() == render(statements, list(find_marks())), "make fidelity"


def test_a_statement_without_a_test_and_a_mark_without_a_statement_are_noticed() -> None:
    assert find_faults(KNOWN, {"1-bare"}, [mark("1-shown")]) == []
    assert find_faults(KNOWN, set(), [mark("1-shown")]) == ["1-bare has no test"]
    assert find_faults(KNOWN, {"1-bare"}, [mark("1-shown"), mark("1-none")]) == [
        "test_it.py::test_it shows 1-none, which is no statement"
    ]
    assert find_faults(KNOWN, {"1-bare"}, [mark("1-shown"), mark("1-bare"), mark("1-far")]) == [
        "1-far is not applicable but shown by a test",
        "1-bare has a test and is no longer pending",
    ]
    assert find_faults(KNOWN, {"1-bare", "1-gone"}, [mark("1-shown")]) == [
        "1-gone is pending but no applicable statement"
    ]


def test_marks_are_read_from_decorators_and_rows_of_tables(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        '@pytest.mark.fidelity("1-a", "1-b")\n'
        '@pytest.mark.parametrize("x", [shows("1-c", 1), 2])\n'
        "def test_x(x): ...\n"
        '@pytest.mark.fidelity("1-d")\ndef helper(): ...\n'
    )
    assert [found.statement for found in find_marks(tmp_path)] == ["1-a", "1-b", "1-c"]
