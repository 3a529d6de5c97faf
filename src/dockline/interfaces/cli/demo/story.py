"""The demo command: sets everything up, plays the story with live progress, audits it, keeps the pages open."""

import json
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dockline.domain.channels import queries as channels
from dockline.domain.issues import queries as issues
from dockline.domain.issues import rules as causes
from dockline.domain.orders import queries as orders
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations, connection, mappings, setup
from dockline.flows.connection import Draft
from dockline.flows.outbound import advance
from dockline.interfaces.cli import processes
from dockline.interfaces.cli.demo import book, episodes
from dockline.interfaces.cli.demo.audit import Finding, audit
from dockline.interfaces.cli.demo.stage import ACTOR, STEP_SECONDS, Stage, StoodStill
from dockline.interfaces.cli.demo.warehouse import Warehouse
from dockline.interfaces.cli.speak import out
from dockline.interfaces.cli.supervisor import Supervisor, on_ending
from dockline.kit.errors import NotFound

ACCOUNT = "Bluegum Pantry"
WAREHOUSE = "Brisbane DC"
USER = "demo"
SETTLE_SECONDS = 3
SCARCE_AT_FIRST = Decimal(10)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Play the story and exit: 0 only if every check held.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data of the last time.")] = False,
    port: Annotated[int, typer.Option(help="Where the pages are; a taken port is stepped over.")] = 8000,
) -> None:
    """Play the story of an order book with a simulated warehouse, then keep the pages open until interrupted."""
    folder = settings.DATA_ROOT
    processes.migrate()
    # However we are asked to end, what we started ends with us.
    on_ending(_end)
    try:
        warehouse = Warehouse(folder / "simulator")
    except RuntimeError as problem:
        sys.exit(f"dockline: {problem}")
    port = processes.find_free_port("127.0.0.1", port)
    supervisor = Supervisor(processes.children("127.0.0.1", port, workers=1))
    keeper = threading.Thread(target=supervisor.keep_alive, name="supervisor", daemon=True)
    keeper.start()
    stage = Stage(warehouse, supervisor, f"http://127.0.0.1:{port}", "", folder)
    held = False
    try:
        password = _prepare_people()
        kept = channels.list_channels(account_id=None)
        held = _take_up(stage, kept[0].id) if kept else _play(stage)
        if not once:
            _invite(stage, password)
            _wait_for_interrupt()
    except KeyboardInterrupt:
        out.print("\nStopping everything this demo started …")
    except StoodStill as problem:
        out.print(f"\n[red]✗[/] {problem}")
        once = True
    finally:
        # From here on nobody may interrupt, however the story ended.
        on_ending(signal.SIG_IGN)
        supervisor.end()
        keeper.join(timeout=5)
        warehouse.stop()
    raise typer.Exit(0 if held or not once else 1)


def _end(*_: object) -> None:
    """End in good order; who asks twice meanwhile would only leave processes behind."""
    on_ending(signal.SIG_IGN)
    raise KeyboardInterrupt


def _prepare_people() -> str:
    password = secrets.token_urlsafe(9)
    try:
        setup.set_password(username=USER, password=password)
    except NotFound:
        setup.add_user(username=USER, password=password)
    return password


def _play(stage: Stage) -> bool:
    file, profile, wanted = book.write_book(stage.folder)
    seeded = {sku: quantity + 20 for sku, quantity in wanted.items()}
    seeded[book.SCARCE] = SCARCE_AT_FIRST
    with Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=out,
    ) as progress:
        steps = _Steps(progress)
        steps.do("Connect the warehouse", lambda: _connect(stage))
        steps.do("Import the order book", lambda: _import(file, profile))
        stage.sync(RunKind.EXPORT_PRODUCTS)
        steps.follow("Export products", lambda: _products_there(stage), lambda: len(wanted))
        steps.do("Goods arrive at the warehouse", lambda: _fill(stage, seeded))
        stage.sync(RunKind.RECEIVE_INVENTORY)
        steps.follow("Send orders; three answers get lost on the way", lambda: _sent(stage), _can_go)
        stage.warehouse.post("/crew", {"running": True, "orders_per_second": 25, "short_pick_rate": 0.1, "seed": 7})
        steps.follow("The warehouse picks, packs and ships", _shipped, _can_ship)
        stage.warehouse.post("/crew", {"short_pick_rate": 0})
        waiting = _waiting()
        restock = wanted[book.SCARCE] + 20
        steps.do(
            f"{waiting} orders waited; a purchase brings stock",
            lambda: episodes.receive_restock(stage, book.SCARCE, restock),
        )
        _decide()
        steps.follow("What was short follows; everything ships", _shipped, lambda: book.ORDERS)
        stage.warehouse.post("/crew", {"running": False})
        report = stage.sync(RunKind.RECEIVE_INVENTORY)
        steps.do("Two more orders come in", lambda: episodes.send_two(stage))
        steps.do("One is wanted back, too late", lambda: episodes.cancel_too_late(stage))
        steps.do("The other is wanted back in time", lambda: episodes.cancel_in_time(stage))
        stage.warehouse.post("/crew", {"running": True})
        steps.do("Stock is gone there, and nobody told us", lambda: episodes.lose_some(stage, report))
    seeded[book.SCARCE] += restock + book.DAMAGED
    _seeded_file(stage).write_text(json.dumps({sku: str(quantity) for sku, quantity in seeded.items()}))
    return _compare(stage, seeded)


def _take_up(stage: Stage, channel_id: int) -> bool:
    """The data were kept: only the simulator's address is new, which is given the secret for itself."""
    stage.channel_id = channel_id
    moved = {"api_url": stage.warehouse.address, "client_secret": stage.warehouse.access["client_secret"]}
    connection.change_values(channel_id, values=moved, now=timezone.now())
    out.print("The data of the last time were kept; the story is told already.")
    if not _seeded_file(stage).exists():
        out.print("It was interrupted then, so there is nothing to compare.")
        return False
    kept = json.loads(_seeded_file(stage).read_text())
    return _compare(stage, {sku: Decimal(quantity) for sku, quantity in kept.items()})


def _seeded_file(stage: Stage) -> Path:
    return stage.folder / "seeded.json"


def _compare(stage: Stage, seeded: dict[str, Decimal]) -> bool:
    findings = audit(stage.warehouse, channel_id=stage.channel_id, seeded=seeded)
    _show(findings, stage)
    return all(finding.holds for finding in findings)


class _Steps:
    """The live display: one line for each step of the story."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def do(self, title: str, work: Callable[[], str]) -> None:
        task = self._progress.add_task(title, total=None, note="")
        note = work()
        self._progress.update(task, total=1, completed=1, note=note)

    def follow(self, title: str, count: Callable[[], int], aim: Callable[[], int]) -> None:
        """Watch a number grow to what it can reach now. Raises when it stands still for too long."""
        task = self._progress.add_task(title, total=1, note="")
        total = aim()
        best, deadline = -1, time.monotonic() + STEP_SECONDS
        while (now := count()) < total:
            if now > best:
                best, deadline = now, time.monotonic() + STEP_SECONDS
            if time.monotonic() > deadline:
                raise StoodStill(f"{title}: stands still at {now} of {total}.")
            self._progress.update(task, completed=now, total=max(total, 1), note=f"{now} of {total}")
            time.sleep(0.2)
            total = aim()
        self._progress.update(task, completed=max(total, 1), total=max(total, 1), note=f"{now} of {total}")


def _connect(stage: Stage) -> str:
    access = stage.warehouse.access
    stage.warehouse.set(outbound_rate_limit_enabled=False, report_delay_seconds=1)
    known = {row["name"]: row["id"] for row in stage.warehouse.get("/state")["customers"]}
    stage.customer_id = known.get(ACCOUNT) or stage.warehouse.post("/customers", {"name": ACCOUNT})["id"]
    account_id = setup.add_account(name=ACCOUNT, timezone="Australia/Brisbane")
    warehouse_id = setup.add_warehouse(name=WAREHOUSE, account_ids=[account_id], timezone="Australia/Brisbane")
    draft = Draft(
        account_id=account_id,
        warehouse_id=warehouse_id,
        connector="cartoncloud",
        name=f"CartonCloud · {WAREHOUSE}",
        values={
            "api_url": access["base_url"],
            "client_id": access["client_id"],
            "client_secret": access["client_secret"],
            "tenant_id": access["tenant_id"],
            "customer_name": ACCOUNT,
            "orders_per_minute": 0,
            "overlap_minutes": 1,
        },
    )
    # The settings over there are the simulator's own, and known.
    confirmed = [one.key for one in connection.describe_connector(draft.connector).confirmations]
    report = connection.test_draft(draft, confirmed=confirmed)
    if not report.passed:
        raise StoodStill("; ".join(step.detail for step in report.steps if step.passed is False))
    stage.channel_id = connection.connect_channel(
        draft, options={"settle_seconds": SETTLE_SECONDS, "pass_lots": True}, confirmed=confirmed, now=timezone.now()
    )
    automations.set_period(
        stage.channel_id, kind=RunKind.RECEIVE_SHIPMENTS, own_seconds=2, actor=ACTOR, now=timezone.now()
    )
    automations.set_period(
        stage.channel_id, kind=RunKind.RECEIVE_INVENTORY, own_seconds=15, actor=ACTOR, now=timezone.now()
    )
    for service in filter(None, book.SERVICES):
        mappings.adopt_carrier(stage.channel_id, carrier="", service=service, actor=ACTOR, now=timezone.now())
    return f"{len(report.steps)} checks passed"


def _import(file: Path, profile: Path) -> str:
    # The very command a person would type.
    command = [sys.executable, "-m", "dockline.config.start", "import", "orders", str(file), "--account", ACCOUNT]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--profile", str(profile)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StoodStill(f"The import failed: {done.stderr.strip() or done.stdout.strip()}")
    return f"{book.ORDERS} orders"


def _fill(stage: Stage, quantities: dict[str, Decimal]) -> str:
    by_lot = {(sku, book.LOT): quantity for sku, quantity in quantities.items()}
    by_lot[book.RECALLED, book.RECALLED_LOT] = quantities[book.RECALLED] // 2
    by_lot[book.RECALLED, book.LOT] -= by_lot[book.RECALLED, book.RECALLED_LOT]
    stage.warehouse.add_stock(stage.customer_id, by_lot)
    lost = {"operation": "create_order", "do": "lose_answer", "times": 3}
    stage.warehouse.post("/faults", {"script": [lost]})
    return f"{sum(quantities.values()):f} units"


def _decide() -> None:
    """What a person would do with an order that the warehouse closed empty twice: have it sent once more."""
    for issue in issues.list_open_issues(account_id=None, cause=causes.SHIPPED_NOTHING.code):
        advance.look_again(order_id=issue.subject_id, actor=ACTOR, now=timezone.now())


def _products_there(stage: Stage) -> int:
    return int(stage.warehouse.get("/state")["products"])


def _can_go() -> int:
    """How many orders can go at once, once allocation has looked at every one of them."""
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        counts, waiting = orders.count_orders_by_status(None), _waiting()
        under_way = counts.get(OrderStatus.FULFILLING, 0) + counts.get(OrderStatus.SHIPPED, 0)
        if waiting < book.ORDERS <= under_way + waiting:
            return book.ORDERS - waiting
        time.sleep(0.2)
    raise StoodStill("The orders were not allocated in time.")


def _sent(stage: Stage) -> int:
    return len({line["reference"] for line in stage.warehouse.list_lines("/ledger")})


def _can_ship() -> int:
    """Every order but those that wait for stock; a short pick may add to them."""
    return book.ORDERS - _waiting()


def _shipped() -> int:
    return orders.count_orders_by_status(None).get(OrderStatus.SHIPPED, 0)


def _waiting() -> int:
    empty = issues.list_open_issues(account_id=None, cause=causes.SHIPPED_NOTHING.code)
    return orders.count_backordered(None) + len(empty)


def _show(findings: list[Finding], stage: Stage) -> None:
    table = Table("", "Check", "Figures", title="Both sides, compared")
    for finding in findings:
        table.add_row("[green]✓[/]" if finding.holds else "[red]✗[/]", finding.sentence, finding.figures)
    answers = stage.warehouse.get("/requests").get("POST /outbound-orders", {})
    table.add_row("", "Orders sent on the wire", ", ".join(f"{count} x {status}" for status, count in answers.items()))
    titles = [escape(row.title) for row in issues.list_open_issues(account_id=None)]
    table.add_row("", "Open issues", "\n".join([str(issues.count_open_issues(None)), *titles]))
    out.print(table)


def _invite(stage: Stage, password: str) -> None:
    out.print(f"\nThe pages are at [bold]{stage.address}[/]   sign in as [bold]{USER}[/] with [bold]{password}[/]")
    out.print(f"The simulated warehouse is at {stage.warehouse.address}/_sim", highlight=False)


def _wait_for_interrupt() -> None:
    out.print("Ctrl-C ends everything; nothing is lost.")
    while True:
        time.sleep(3600)
