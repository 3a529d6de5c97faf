"""Let a worker die at every step of everything it does, in every weather, and see whether all comes right.

    python -m proofs.crashes                 every step under every outcome class, the first time it is taken; once what
                                             all work does alike
    python -m proofs.crashes --all           every time it is taken, in every weather
    python -m proofs.crashes --scenario export --weather refused
    python -m proofs.crashes --json FILE     the result for the report, too

A database and a simulated warehouse of its own. In the end `verify_ledger.py`, which shares no code with the product,
compares the two. Exit status 0 when nothing was lost, doubled or different, and everything came to rest.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockline.kit import postgres

if TYPE_CHECKING:
    from dockline.kit.failpoints import Failpoint, Moment
    from proofs import deaths


def main() -> int:
    """Run what was asked for and say how it went."""
    asked = read_arguments()
    # Not below a private folder: as root the database is somebody else, who may not pass through one.
    root = Path(tempfile.mkdtemp(prefix="dockline-crashes-"))
    root.chmod(0o711)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "dockline.config.settings", "DOCKLINE_DATA": str(root)}
    try:
        os.environ["DATABASE_URL"] = postgres.ensure_running(root)
        return run(asked)
    finally:
        postgres.stop(root, mode="immediate")
        shutil.rmtree(root, ignore_errors=True)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every time a step is taken, in every weather")
    parser.add_argument("--scenario", help="this one only")
    parser.add_argument("--weather", help="in this weather only")
    parser.add_argument("--json", type=Path, help="write the result there, too")
    return parser.parse_args()


def run(asked: argparse.Namespace) -> int:
    """Enumerate in the database that is running."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)

    from tests.support.hub import hub_with_cartoncloud

    from proofs import deaths

    began = time.monotonic()
    found: list[deaths.Outcome] = []
    wrong: list[str] = []
    alike: set[tuple[Failpoint, Moment]] = set()

    def choose(one: deaths.Pass) -> bool:
        if asked.all or not deaths.is_alike(one):
            return bool(asked.all or one.nth == 1)
        is_new = (one.point, one.moment) not in alike
        alike.add((one.point, one.moment))
        return is_new

    with hub_with_cartoncloud(settle_seconds=1) as hub, deaths.a_place(hub) as place:
        # What is done once and never again is done before: two scenarios are about that.
        place.ordered()
        place.purchased()
        for scenario in deaths.SCENARIOS:
            if asked.scenario not in (None, scenario.name):
                continue
            for weather in scenario.weathers:
                if asked.weather not in (None, weather.name) or not (
                    asked.all or asked.weather or weather not in deaths.MORE
                ):
                    continue
                started = time.monotonic()
                one = deaths.enumerate_deaths(place, scenario, weather, choose=choose)
                found.append(one)
                took = f"{one.deaths:>5} deaths {time.monotonic() - started:>7.1f} s  {len(one.wrong)} wrong"
                took += f", {one.unmet} later times did not come again" if one.unmet else ""
                print(f"{one.scenario:<16}{one.weather:<50}{took}", *one.wrong, sep="\n    ", flush=True)
        place.worker.start()
        wrong = deaths.judge(place)
        if asked.scenario is None and asked.weather is None:
            wrong += _find_gaps(place.worker, found)
    return tell(found, wrong, seconds=time.monotonic() - began, into=asked.json)


def _find_gaps(worker: "deaths.Worker", found: list["deaths.Outcome"]) -> list[str]:
    """Failpoints that no work passes, and lasting things that no failpoint lies between."""
    from dockline.kit.failpoints import Failpoint

    never = [one.value for one in Failpoint if one not in worker.ever_passed]
    unmarked = {sentence for one in found for sentence in one.unmarked}
    return [f"no work passes: {one}" for one in never] + [f"no failpoint between: {one}" for one in sorted(unmarked)]


def tell(found: list["deaths.Outcome"], wrong: list[str], *, seconds: float, into: Path | None) -> int:
    """Say what came of it, also as JSON."""
    count = sum(one.deaths for one in found)
    steps = {one.point for outcome in found for one in outcome.passed}
    bad = [*wrong, *(sentence for one in found for sentence in one.wrong)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{count} deaths at {len(steps)} failpoints in {len(found)} pairs of work and weather, {seconds:.0f} s: "
          f"{len(bad)} wrong")  # fmt: skip
    if into is not None:
        result: dict[str, Any] = {
            "deaths": count,
            "failpoints": len(steps),
            "pairs": len(found),
            "unmet": sum(one.unmet for one in found),
            "wrong": len(bad),
            "seconds": round(seconds),
        }
        into.write_text(json.dumps(result))
    return bool(bad or not count)


if __name__ == "__main__":
    sys.exit(main())
