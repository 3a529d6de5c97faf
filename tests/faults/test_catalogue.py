"""The catalogue itself: complete, current, and able to notice when it is not."""

from tests.faults.catalogue import PAGE, TESTS, Fault, find_gaps, load_faults, render
from tests.support.marks import Mark, find_marks

KNOWN = [
    Fault("X1", "Odd", "It breaks.", "It mends.", None),
    Fault("X2", "Odd", "It bends.", "It mends.", "It stays bent."),
]


def mark(fault: str) -> Mark:
    return Mark(fault, "test_it", TESTS / "test_it.py")


def test_every_fault_is_shown_by_a_test_or_said_not_to_be() -> None:
    assert find_gaps(load_faults(), list(find_marks("fault", TESTS))) == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == render(load_faults(), list(find_marks("fault", TESTS))), "make faults"


def test_what_is_missing_and_what_is_too_much_is_noticed() -> None:
    assert find_gaps(KNOWN, [mark("X1")]) == []
    assert find_gaps(KNOWN, []) == ["X1 has no test"]
    assert find_gaps(KNOWN, [mark("X1"), mark("X2"), mark("X3")]) == [
        "test_it.py::test_it shows X3, which is no fault",
        "X2 is said not to be shown, but is",
    ]
