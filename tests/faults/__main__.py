"""Write docs/faults.md, or check with `--check` that every fault is shown and the page is current."""

import sys

from tests.faults.catalogue import PAGE, TESTS, find_gaps, load_faults, render
from tests.support.marks import find_marks


def main() -> int:
    faults, marks = load_faults(), list(find_marks("fault", TESTS))
    gaps = find_gaps(faults, marks)
    page = render(faults, marks)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        gaps.append(f"{PAGE.name} is not what the tests say: make faults")
    print(*gaps, sep="\n", end="\n" if gaps else "")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
