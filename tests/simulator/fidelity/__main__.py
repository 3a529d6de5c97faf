"""Write docs/simulator/fidelity.md, or check with `--check` that every statement is shown and the page is current."""

import sys

from cartoncloud_simulator.settings import Settings
from tests.simulator.fidelity.table import (
    PAGE,
    TESTS,
    find_faults,
    find_unswitched,
    load_statements,
    load_switches,
    render,
)
from tests.support.marks import find_marks


def main() -> int:
    statements, marks = load_statements(), list(find_marks("fidelity", TESTS, row="shows"))
    faults = find_faults(statements, marks)
    faults += find_unswitched(statements, load_switches(), set(Settings.__struct_fields__))
    page = render(statements, marks)
    if "--check" not in sys.argv[1:]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        faults.append(f"{PAGE.name} is not what the tests say: make fidelity")
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
