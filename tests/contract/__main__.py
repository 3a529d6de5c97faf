"""Write each connector's certificate, or check with `--check` that those that ship are what the tests show."""

import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from dockline.connectors.contract import certificate
from dockline.connectors.toolkit import certification
from dockline.connectors.toolkit.conformance import Conformance
from dockline.gateway.http import DEADLINE_SECONDS
from tests.contract.far_cartoncloud import FarCartonCloud, running
from tests.contract.far_manual import FarManual

CONNECTORS = Path(certificate.__file__).parents[1]


def main() -> int:
    failures: list[str] = []
    with running() as simulator:
        fars: dict[str, Callable[[], AbstractContextManager[Any]]] = {
            "cartoncloud": lambda: contextlib.closing(FarCartonCloud(simulator)),
            "manual": lambda: contextlib.closing(FarManual()),
        }
        for key, open_far in fars.items():
            shown = certification.examine(Conformance, open_far, failures.append)
            text = certification.render(certification.issue(shown, deadline_seconds=DEADLINE_SECONDS))
            path = CONNECTORS / key / certificate.FILE
            if "--check" not in sys.argv[1:]:
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                failures.append(f"{key}/{certificate.FILE} is not what the tests show: make certificates")
    print(*failures, sep="\n", end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
