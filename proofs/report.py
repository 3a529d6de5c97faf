"""Run every proof of docs/reliability.md and write down what each has shown: docs/proofs/reliability.md.

    python -m proofs.report                  sizes that end within 25 minutes on two cores
    python -m proofs.report --full           the full sizes, which take hours: docs/proofs/reliability-full.md
    python -m proofs.report --full --only E3 one of them; the other rows of the page stay as they are

Every row says of which commit it is and when it was run, so parts may be run one at a time. Shares no code with the
product: it starts programs, reads what they print, and believes their exit status.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "proofs"
NOT_RUN = "not run"
FAILED = "**Does not hold.** "


@dataclass(frozen=True)
class Shown:
    """What a proof has shown, in the words of the page."""

    size: str
    seeds: str
    result: str
    bound: str = ""


@dataclass(frozen=True)
class Part:
    """A program with the goals it proves. `read` makes sense of what it printed and of the JSON it wrote.

    `less` says what of a goal the full size leaves out, and why.
    """

    goals: str
    what: str
    command: Sequence[str]
    full: Sequence[str]
    read: Callable[[str, dict[str, Any]], Shown]
    writes_json: bool = False
    less: str = ""


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
    if told.get("unmet"):
        size += f"; {told['unmet']} later times of a step did not come again"
    return Shown(size, "none: each step", f"{told.get('wrong', 'unknown')} wrong")


def read_kills(_: str, told: dict[str, Any]) -> Shown:
    size = (
        f"{told.get('orders', 0):,} orders, {told.get('through when the last kill fell', 0):,} of them through when "
        f"the last kill fell; {told.get('kills', 0)} SIGKILLs, of which "
        f"{told.get('kills at failpoints', 0)} at failpoints; {told.get('stops', 0)} SIGSTOPs; "
        f"{told.get('restarts of the database', 0)} restarts of the database; {told.get('storm', 0)} faults"
    )
    waited = told.get("longest silence of a worker with a job, seconds")
    result = f"{told.get('verdict')}; the job of a silent worker was another's after {waited} s at most"
    return Shown(size, str(told.get("seed")), result, bound(told.get("orders", 0)))


def read_drill(printed: str, _: dict[str, Any]) -> Shown:
    ways = Counter(re.findall(r"Set back: by (.*)", printed))
    newer = [int(count) for count in re.findall(r"Sent after the backup: (\d+) orders", printed)]
    sent = sum(int(count) for count in re.findall(r"(\d+) requests; noticed as", printed))
    wrong = sum(
        sum(map(int, verdict)) for verdict in re.findall(r"(\d+) lost, (\d+) duplicated, (\d+) different", printed)
    )
    said = ", ".join(f"{count} by {way}" for way, count in ways.items())
    return Shown(
        f"{ways.total()} restores ({said}), with up to {max(newer, default=0):,} orders sent since; one copy",
        "none",
        f"{sent} requests sent while stopped; {wrong} lost, duplicated or different",
    )


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
    counted = re.search(r"(\d+) faults are shown by tests; (?:(\d+) are not|none is left)", page)
    shown, missing = (counted[1], counted[2] or "0") if counted else ("?", "?")
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
        less="the goals ask for 1,000 stops (E10), 1,000 kills of the recovery alone (E12) and an hour of restarts "
        "beside 200 webhook calls a second (F7); the run has fewer, all at once.",
    ),
    Part(
        "E7, E9",
        "A backup put back and a copy started send nothing before a person lets them (`proofs/drill.py`)",
        (PYTHON, "-m", "proofs.drill"),
        (PYTHON, "-m", "proofs.drill", "--full"),
        read_drill,
    ),
    *(
        Part(
            goal,
            f"{what} (`proofs/overload.py`)",
            (PYTHON, "-m", "proofs.overload", "--only", goal),
            (PYTHON, "-m", "proofs.overload", "--full", "--only", goal),
            read_counted,
        )
        for goal, what in (
            ("F2", "Storms of 429 are waited out, and few calls are for nothing"),
            ("F3", "An hour of server errors costs few calls, and then all goes again, without a herd"),
            ("F4", "Channels that hang hold up nobody else"),
            ("F5", "Answers that drip, have no end or never come end at the deadline"),
            ("F6", "Answers that swell are refused, and the memory stays as it is"),
        )
    ),
    Part(
        "W1, D1",
        "Hostile bodies at the reader, conversions (`proofs/fuzz_input.py`)",
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "100000", "--stack", "0"),
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "1000000", "--stack", "0"),
        read_counted,
    ),
    Part(
        "W1 stack, W2",
        "Hostile bodies through everything, forged calls (`proofs/fuzz_input.py`, `proofs/hostile_stack.py`)",
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "0", "--stack", "200"),
        (PYTHON, "-m", "proofs.fuzz_input", "--size", "0", "--stack", "50000"),
        read_counted,
    ),
    Part(
        "W3",
        "Webhooks doubled, late, out of order and lost end as if told once, in order (`proofs/webhooks.py`)",
        (PYTHON, "-m", "proofs.webhooks", "--only", "W3"),
        (PYTHON, "-m", "proofs.webhooks", "--full", "--only", "W3"),
        read_counted,
        less="the goal asks for 100,000 histories; each is an order sent, shipped and told of over real HTTP, so they "
        "would take five hours on two fast cores, and 20 on slow ones.",
    ),
    Part(
        "W4",
        "What was accepted outlives the web server (`proofs/webhooks.py`)",
        (PYTHON, "-m", "proofs.webhooks", "--only", "W4"),
        (PYTHON, "-m", "proofs.webhooks", "--full", "--only", "W4"),
        read_counted,
        less="the goal asks for 100,000 calls that are accepted under as many kills.",
    ),
    Part(
        "W4 pace",
        "200 webhooks a second are kept and answered soon; needs an idle machine (`proofs/webhooks.py`)",
        (PYTHON, "-m", "proofs.webhooks", "--only", "W4 pace"),
        (PYTHON, "-m", "proofs.webhooks", "--full", "--only", "W4 pace"),
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
    """A part that was run: `run` is when, and of which commit."""

    part: Part
    shown: Shown
    is_good: bool
    seconds: float
    run: str


def main() -> int:
    """Run the parts one after the other, each of which gets its row on the page as soon as it has ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", help="a goal, such as E3")
    parser.add_argument("--page", type=Path, help="write there instead, as from another checkout")
    asked = parser.parse_args()
    page = asked.page or PAGES / ("reliability-full.md" if asked.full else "reliability.md")
    commit = say_commit()
    ended = []
    for part in PARTS:
        if asked.only in (None, *part.goals.split(", ")):
            print(f"{part.goals}: {part.what}", flush=True)
            ended.append(run(part, full=asked.full, commit=commit))
            print(tell(ended[-1]), flush=True)
            former = page.read_text() if page.exists() else ""
            page.write_text(render({**read_rows(former), part.goals: row_of(ended[-1])}, full=asked.full))
    return int(not ended or not all(one.is_good for one in ended))


def run(part: Part, *, full: bool, commit: str) -> Ended:
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
    when = f"{datetime.now(UTC):%d %B %Y}, {commit}"
    return Ended(part, shown, process.returncode == 0, time.monotonic() - began, when)


def tell(one: Ended) -> str:
    return f"{one.part.goals}: {'holds' if one.is_good else 'DOES NOT HOLD'}: {one.shown.result}, {one.seconds:.0f} s"


def say_commit() -> str:
    """The commit that is proven, and whether anything was changed since, but for these pages."""
    commit, changed = (
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", ".", ":!docs/proofs"))
    )
    return (commit or "unknown") + (" with changes" if changed else "")


def row_of(one: Ended) -> str:
    """The row of a part that was run."""
    mark = "" if one.is_good else FAILED
    cells = (
        *(one.part.goals, one.part.what, one.shown.size, one.shown.seeds),
        *(mark + one.shown.result, one.shown.bound, _say_time(one.seconds), one.run),
    )
    return f"| {' | '.join(cells)} |"


def read_rows(page: str) -> dict[str, str]:
    """The rows of a page by their goals, but for what was not run."""
    rows = {found[1]: found[0] for found in re.finditer(r"^\| ([A-Z]\d[^|]*) \|.*\|$", page, re.MULTILINE)}
    return {goals: row for goals, row in rows.items() if f"| {NOT_RUN} |" not in row}


def render(rows: dict[str, str], *, full: bool) -> str:
    """Write the page of these rows, in the order of the parts."""
    verb = "make prove-full" if full else "make prove"
    known = [rows.get(part.goals, f"| {part.goals} | {part.what} | {NOT_RUN} | | | | | |") for part in PARTS]
    verdict = "**Not everything holds.**" if any(FAILED in row for row in known) else "Everything holds."
    if any(f"| {NOT_RUN} |" in row for row in known):
        verdict = verdict.replace("Everything", "What was run") + " **Not everything was run.**"
    less = "".join(f"\n- {part.goals}: {part.less}" for part in PARTS if full and part.less)
    smaller = f"\nSmaller than asked for:\n{less}\n" if less else ""
    lines = "\n".join(known)
    return f"""# What is proven about sending exactly once{", in full size" if full else ""}

{verdict} Written by `{verb}`, which may run parts one at a time.
Each row says when it was run, and of which commit.

`make prove` is meant to end within 25 minutes on two idle cores, and writes [reliability.md](reliability.md);
`make prove-full` runs the full sizes, and writes [reliability-full.md](reliability-full.md).
[How an order is sent exactly once](../reliability.md) says what is meant, and where it ends;
[what goes wrong](../faults.md) lists every fault with its tests.

| Goal | What is shown | Size | Seeds | Result | Bound | Took | Run |
| --- | --- | --- | --- | --- | --- | --: | --- |
{lines}
{smaller}
The bound: with nothing wrong in N independent trials the true rate is below 3/N with 95 % certainty. A seed gives the
same choices again; what real processes make of them also depends on the machine. Lost, duplicated and different are
counted by `proofs/verify_ledger.py` from the database and the warehouse's own record; it shares no code with the
product, nor does the program that wrote this page.
"""


def _say_time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    sys.exit(main())
