"""Run every proof of docs/reliability.md and write down what each has shown: docs/proofs/reliability.md.

    python -m proofs.report                  sizes that end within 25 minutes on two cores
    python -m proofs.report --full           the full sizes, which take hours
    python -m proofs.report --only E3        one of them, told and not written down

Shares no code with the product: it starts programs, reads what they print, and believes their exit status.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "proofs" / "reliability.md"


@dataclass(frozen=True)
class Shown:
    """What a proof has shown, in the words of the page."""

    size: str
    seeds: str
    result: str
    bound: str = ""


@dataclass(frozen=True)
class Part:
    """A program with the goals it proves. `read` makes sense of what it printed and of the JSON it wrote."""

    goals: str
    what: str
    command: Sequence[str]
    full: Sequence[str]
    read: Callable[[str, dict[str, Any]], Shown]
    writes_json: bool = False


def bound(trials: int) -> str:
    """With nothing wrong in N independent trials, the true rate is below 3/N with 95 % certainty."""
    return f"3/{trials:,} = {3 / trials:.1e}" if trials else ""


def read_model(printed: str, _: dict[str, Any]) -> Shown:
    rows = re.findall(r"([\d,]+) states +([\d,]+) steps.*?(\d+) violations", printed)
    states = sum(int(one.replace(",", "")) for one, _, _ in rows)
    steps = sum(int(one.replace(",", "")) for _, one, _ in rows)
    wrong = sum(int(one) for _, _, one in rows) if rows else "unknown"
    return Shown(
        f"{len(rows)} scenarios, {states:,} states, {steps:,} steps", "none: all states", f"{wrong} violations"
    )


def read_simulation(printed: str, _: dict[str, Any]) -> Shown:
    found = re.search(
        r"([\d,]+) orders, ([\d,]+) calls to create: (.*?); trace (\w+).*?seeds (\d+ to \d+)", printed, re.S
    )
    if found is None:
        return Shown("", "", "unreadable")
    orders, calls, wrong, trace, seeds = found.groups()
    count = int(orders.replace(",", ""))
    return Shown(f"{orders} orders, {calls} calls to create", f"{seeds}; trace {trace}", wrong, bound(count))


def read_crashes(_: str, told: dict[str, Any]) -> Shown:
    deaths = told.get("deaths", 0)
    size = f"{deaths:,} deaths at {told.get('failpoints')} failpoints, {told.get('pairs')} pairs of work and weather"
    return Shown(size, "none: each step", f"{told.get('wrong', 'unknown')} wrong")


def read_kills(_: str, told: dict[str, Any]) -> Shown:
    size = (
        f"{told.get('orders', 0):,} orders; {told.get('kills', 0)} SIGKILLs, of which "
        f"{told.get('kills at failpoints', 0)} at failpoints; {told.get('stops', 0)} SIGSTOPs; "
        f"{told.get('restarts of the database', 0)} restarts of the database; {told.get('storm', 0)} faults"
    )
    waited = told.get("longest silence of a worker with a job, seconds")
    result = f"{told.get('verdict')}; the job of a silent worker was another's after {waited} s at most"
    return Shown(size, str(told.get("seed")), result, bound(told.get("orders", 0)))


def read_drill(printed: str, _: dict[str, Any]) -> Shown:
    verdicts = re.findall(r"\d+ lost, \d+ duplicated, \d+ different", printed)
    sent = re.findall(r"(\d+) requests; noticed as", printed)
    return Shown("one restore, one copy", "none", f"sent while stopped: {', '.join(sent)}; {'; '.join(verdicts)}")


def read_teeth(printed: str, _: dict[str, Any]) -> Shown:
    found = re.search(r"E6: (\d+) teeth, ([\d,]+) seeds at most, (\d+) not noticed; (\d+) in tests, (.*)", printed)
    if found is None:
        return Shown("", "", "unreadable")
    teeth, seeds, missed, tests, said = found.groups()
    result = f"{missed} not noticed; of the tests {said}"
    return Shown(
        f"{teeth} switches in the simulation, {tests} in tests of the hub", f"the first {seeds} at most", result
    )


def read_faults(printed: str, _: dict[str, Any]) -> Shown:
    page = (ROOT / "docs" / "faults.md").read_text()
    counted = re.search(r"(\d+) faults are shown by tests; (\d+) are not", page)
    shown, missing = counted.groups() if counted else ("?", "?")
    return Shown(f"{shown} faults with tests", "none", printed.strip() or f"{missing} are listed as not shown")


def read_counted(printed: str, _: dict[str, Any]) -> Shown:
    """Read a line for each goal, which ends its size with how many are wrong, and may name its seed."""
    told = re.findall(r"^([A-Z]\d[^:]*): (.*), (\d+) (?:wrong|not exact)(.*)$", printed, re.MULTILINE)
    seeds = sorted({seed for *_, more in told for seed in re.findall(r"seeds? ([\d,]+(?: to [\d,]+)?)", more)})
    wrong = sum(int(count) for _, _, count, _ in told) if told else "unknown"
    return Shown("; ".join(f"{goal}: {words}" for goal, words, *_ in told), ", ".join(seeds), f"{wrong} wrong")


PYTHON = sys.executable
PARTS = (
    Part(
        "E4",
        "Every reachable state of one order is right (`proofs/model_check.py`)",
        (PYTHON, "-m", "proofs.model_check"),
        (PYTHON, "-m", "proofs.model_check", "--large"),
        read_model,
    ),
    Part(
        "E1",
        "Orders in pretended time, one call in five faulty, one worker in twenty dying (`proofs/simulation.py`)",
        (PYTHON, "-m", "proofs.simulation", "--orders", "100000"),
        (PYTHON, "-m", "proofs.simulation", "--orders", "1000000"),
        read_simulation,
    ),
    Part(
        "E6",
        "With any rule of safety switched off, something goes wrong (`proofs/teeth.py`)",
        (PYTHON, "-m", "proofs.teeth"),
        (PYTHON, "-m", "proofs.teeth"),
        read_teeth,
    ),
    Part(
        "E3",
        "A worker dies at every step, under every outcome class, before and after the commit (`proofs/crashes.py`)",
        (PYTHON, "-m", "proofs.crashes"),
        (PYTHON, "-m", "proofs.crashes", "--all"),
        read_crashes,
        writes_json=True,
    ),
    Part(
        "E2, E10, E12, F7",
        "Real workers and a real database under kills, stops and restarts, in a storm (`proofs/kills.py`)",
        (PYTHON, "-m", "proofs.kills"),
        (PYTHON, "-m", "proofs.kills", "--full"),
        read_kills,
        writes_json=True,
    ),
    Part(
        "E7, E9",
        "A backup put back and a copy started send nothing before a person lets them (`proofs/drill.py`)",
        (PYTHON, "-m", "proofs.drill"),
        (PYTHON, "-m", "proofs.drill", "--orders", "1000"),
        read_drill,
    ),
    Part(
        "F2, F3, F4, F5, F6",
        "Storms of 429, an hour of errors, channels that hang, answers that drip or swell (`proofs/overload.py`)",
        (PYTHON, "-m", "proofs.overload"),
        (PYTHON, "-m", "proofs.overload", "--full"),
        read_counted,
    ),
    Part(
        "W1, W2, D1",
        "Hostile bodies at the reader and through everything, forged calls, conversions (`proofs/fuzz_input.py`)",
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "100000", "--stack", "200"),
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "1000000"),
        read_counted,
    ),
    Part(
        "W3, W4",
        "Webhooks doubled, late, out of order and lost; what was accepted outlives the server (`proofs/webhooks.py`)",
        (PYTHON, "-m", "proofs.webhooks"),
        (PYTHON, "-m", "proofs.webhooks", "--full"),
        read_counted,
    ),
    Part(
        "W6",
        "Pages that move while stock is read empty no SKU (`proofs/shifting_pages.py`)",
        (PYTHON, "-m", "proofs.shifting_pages"),
        (PYTHON, "-m", "proofs.shifting_pages", "--schedules", "10000"),
        read_counted,
    ),
    Part(
        "F1",
        "Every fault of the catalogue has a test, or is listed as not shown (`docs/faults.md`)",
        (PYTHON, "-m", "tests.faults", "--check"),
        (PYTHON, "-m", "tests.faults", "--check"),
        read_faults,
    ),
)


@dataclass(frozen=True)
class Ended:
    """A part that was run."""

    part: Part
    shown: Shown
    is_good: bool
    seconds: float


def main() -> int:
    """Run the parts one after the other, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", help="a goal, such as E3: it is run and told, and nothing is written")
    asked = parser.parse_args()
    commit = say_commit()
    ended = []
    for part in PARTS:
        if asked.only in (None, *part.goals.split(", ")):
            print(f"{part.goals}: {part.what}", flush=True)
            ended.append(run(part, full=asked.full))
            print(tell(ended[-1]), flush=True)
        if asked.only is None:
            # After each, so that a run that is broken off leaves a page that says so.
            PAGE.write_text(render(ended, full=asked.full, commit=commit))
    return int(not ended or not all(one.is_good for one in ended))


def run(part: Part, *, full: bool) -> Ended:
    """Run one program to its end; what it prints is shown as it comes."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.json"
        command = [*(part.full if full else part.command), *(["--json", str(told)] if part.writes_json else [])]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            printed = []
            for line in process.stdout:
                printed.append(line)
                print("   ", line, end="", flush=True)
        result = json.loads(told.read_text()) if told.exists() else {}
    shown = part.read("".join(printed), result)
    return Ended(part, shown, process.returncode == 0, time.monotonic() - began)


def tell(one: Ended) -> str:
    return f"{one.part.goals}: {'holds' if one.is_good else 'DOES NOT HOLD'}: {one.shown.result}, {one.seconds:.0f} s"


def say_commit() -> str:
    """The commit that is proven, and whether anything was changed since."""
    commit, changed = (
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain"))
    )
    return (commit or "unknown") + (" with changes" if changed else "")


def render(ended: Sequence[Ended], *, full: bool, commit: str) -> str:
    """Write the page."""
    verb = "make prove-full" if full else "make prove"
    rows = "\n".join(
        f"| {one.part.goals} | {one.part.what} | {one.shown.size} | {one.shown.seeds} "
        f"| {_mark(one)}{one.shown.result} | {one.shown.bound} | {one.seconds:.0f} s |"
        for one in ended
    )
    rows += "".join(f"\n| {part.goals} | {part.what} | not run | | | | |" for part in PARTS[len(ended) :])
    verdict = "Everything holds." if all(one.is_good for one in ended) else "**Not everything holds.**"
    if len(ended) < len(PARTS):
        verdict += " **Not everything was run.**"
    return f"""# What is proven about sending exactly once

{verdict} Written by `{verb}` on {datetime.now(UTC):%d %B %Y}, commit {commit}.

`make prove` is meant to end within 25 minutes on two idle cores; `make prove-full` runs the full sizes.
[How an order is sent exactly once](../reliability.md) says what is meant, and where it ends;
[what goes wrong](../faults.md) lists every fault with its tests.

| Goal | What is shown | Size | Seeds | Result | Bound | Took |
| --- | --- | --- | --- | --- | --- | --: |
{rows}

The bound: with nothing wrong in N independent trials the true rate is below 3/N with 95 % certainty. A seed gives the
same choices again; what real processes make of them also depends on the machine. Lost, duplicated and different are
counted by `proofs/verify_ledger.py` from the database and the warehouse's own record; it shares no code with the
product, nor does the program that wrote this page.
"""


def _mark(one: Ended) -> str:
    return "" if one.is_good else "**Does not hold.** "


if __name__ == "__main__":
    sys.exit(main())
