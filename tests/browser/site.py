"""A whole installation: a database and pages of its own, a worker, and a CartonCloud far away."""

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from cartoncloud_simulator.testing import RunningSimulator
from tests.browser.soundness import look_at
from tests.processes.installation import COMMAND, PROFILE, wait_until

ACCOUNT, WAREHOUSE = "Bluegum Pantry", "Brisbane DC"
CHANNEL = f"CartonCloud · {WAREHOUSE}"
SYNC_SECONDS = 30
HEADER = "order_number,placed_at,contact,line_1,city,country,sku,quantity"


@dataclass
class Site:
    """Where the pages are, the database behind them, and the warehouse's system."""

    address: str
    environment: Mapping[str, str]
    far: RunningSimulator
    worker: "subprocess.Popen[bytes]"
    signed_in: Any = None
    channel: str = ""
    steps: Sequence[str] = ()
    faults: Sequence[str] = ()

    def import_orders(self, folder: Path, orders: Mapping[str, str]) -> None:
        """Import orders of one line each, by number and SKU; two of it each."""
        (folder / "shop.toml").write_text(PROFILE)
        rows = [f"{number},2026-03-01T09:30:00Z,Mei Tan,1 Road,Perth,AU,{sku},2" for number, sku in orders.items()]
        (folder / "book.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        self.command("import", "orders", "book.csv", "--account", ACCOUNT, "--profile", "shop.toml", folder=folder)

    def command(self, *words: str, folder: Path) -> None:
        """Run a command of `dockline` to its successful end."""
        done = subprocess.run(
            [*COMMAND, *words], env=self.environment, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as session:
            return session.execute(query.encode()).fetchall()

    def stock_there(self, **quantities: int) -> None:
        """Have goods lie in the warehouse, whose system knows nothing of us."""
        for sku, quantity in quantities.items():
            if not self.far.control.get(f"/stock?code={sku}"):
                self.far.control.add_product(self.far.customer_id, sku)
            self.far.control.add_stock(self.far.customer_id, sku, quantity)

    @contextmanager
    def paused_worker(self) -> Iterator[None]:
        """Have the worker stand still for as long as the context lasts."""
        self.worker.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.worker.send_signal(signal.SIGCONT)

    def wait_for(self, query: str) -> None:
        """Wait until the database has a row for this."""
        wait_until(lambda: self.rows(query), within_seconds=SYNC_SECONDS, what=query)

    def settle(self) -> None:
        """Wait until no run is going on."""
        live = "SELECT 1 FROM runs_run WHERE state IN ('waiting', 'running')"
        wait_until(lambda: not self.rows(live), within_seconds=SYNC_SECONDS, what="all runs ended")


@contextmanager
def running_worker(environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker for as long as the context lasts."""
    process = subprocess.Popen([*COMMAND, "worker"], env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=40)


def set_up(page: Page, site: Site) -> None:
    """Set the installation up as its first person does, from the first page to a connected channel."""
    far = site.far
    site.steps = page.get_by_label("Set-up").get_by_role("link").all_inner_texts()
    faults = look_at(page)
    page.click("a:has-text('Name your organization')")
    faults += look_at(page, "Your organization")
    page.fill("#organization-name", "Northside 3PL")
    page.click("button:has-text('Save name')")
    page.fill("#warehouse-name", WAREHOUSE)
    page.click("button:has-text('Add warehouse')")
    page.fill("#account-name", ACCOUNT)
    page.click("button:has-text('Add account')")
    page.click(f"#accounts a:has-text('{ACCOUNT}')")
    faults += look_at(page, ACCOUNT)
    page.get_by_label(f"Enable {WAREHOUSE}").check()
    page.click("button:has-text('Save warehouses')")
    page.click("main a:has-text('Connect a channel')")
    page.click("a.choice:has-text('CartonCloud')")
    page.click(f"a:has-text('{WAREHOUSE}')")
    page.check("[name=api_url][value=other]")
    page.fill("[name='api_url.other']", far.base_url)
    page.fill("#client_id", far.client_id)
    page.fill("#client_secret", far.client_secret)
    page.fill("#tenant_id", far.tenant_id)
    page.fill("#customer_name", far.control.get("/state")["customers"][0]["name"])
    page.click("button:has-text('Test and connect')")
    page.wait_for_selector("[name=confirm]")
    for box in page.locator("[name=confirm]").all():
        box.check()
    page.click("button:has-text('Test and connect')")
    expect(page.locator("h1")).to_contain_text(CHANNEL)
    site.channel, site.faults = page.url, faults
    for period in page.locator("#automations select:enabled").all():
        period.select_option("0")
    page.click("button:has-text('Save periods')")
    expect(page.locator(".toast")).to_contain_text("The periods are saved.")
