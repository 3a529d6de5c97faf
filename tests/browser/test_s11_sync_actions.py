"""S11: the Sync actions, each with the page of its run; plan first, then exactly that, or a refusal when stale."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.site import ACCOUNT, WAREHOUSE, Site
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser

EXPORT = "Export Products To Channel"
STOCK = "Receive Inventory Levels From Channel"
SHIPMENTS = "Receive Shipments From Channel"
RECEIPTS = "Receive Receipts From Channel"
SEND = "Send What Waits To Channel"
SEND_PURCHASES = "Send Purchase Orders To Channel"


def ask(page: Page, site: Site, action: str, *, plan: bool = False) -> None:
    """Ask for a sync from the channel's menu."""
    page.goto(site.channel)
    page.click("summary:has-text('Sync')")
    if plan:
        page.check("[name=plan]")
    page.click(f"button:has-text('{action}')")
    expect(page.locator("h1")).to_contain_text(action)


def follow(page: Page, state: str = "Finished") -> None:
    """Watch the run's page until it says how the run ended."""
    expect(page.locator("#live [role=status]")).to_have_text(state)


def tile(page: Page, name: str) -> str:
    return page.locator(".tiles div", has=page.get_by_text(name, exact=True)).locator("dd").inner_text()


def test_s11_products_are_exported(site: Site, open_site: Open, tmp_path: Path) -> None:
    site.import_orders(tmp_path, {"EX-1": "LADLE"})
    page, said = listen(open_site)
    ask(page, site, EXPORT)
    follow(page)
    assert int(tile(page, "Changed")) >= 1
    assert "LADLE" in {row["code"] for row in site.far.control.get("/lists/products?q=LADLE")["rows"]}
    assert look_at(page) == []
    assert said == []


def test_s11_stock_is_planned_done_exactly_and_refused_when_stale(site: Site, open_site: Open, tmp_path: Path) -> None:
    site.import_orders(tmp_path, {"ST-1": "TEAPOT"})
    page, said = listen(open_site)
    ask(page, site, EXPORT)
    follow(page)
    site.stock_there(TEAPOT=1)

    ask(page, site, STOCK, plan=True)
    follow(page)
    expect(page.locator("#plan")).to_contain_text("TEAPOT")
    expect(page.locator("#plan")).to_contain_text("1 on hand, 1 free")
    assert look_at(page) == []
    plan = page.url
    site.stock_there(TEAPOT=40)
    page.click("button:has-text('Do exactly this')")
    follow(page, "Failed")
    expect(page.locator(".summary")).to_contain_text("Something has changed since the plan was made")
    page.goto("/inventory/?q=TEAPOT")
    expect(page.locator("#list tbody tr")).to_have_count(0)

    page.goto(plan)
    page.click("button:has-text('Plan again')")
    follow(page)
    page.click("button:has-text('Do exactly this')")
    follow(page)
    page.goto("/inventory/?q=TEAPOT")
    expect(page.locator("#list")).to_contain_text("41")
    assert said == []


@pytest.fixture
def disabled(site: Site, open_site: Open) -> Iterator[None]:
    """The channel takes no work for now, as after a press of the button."""
    page = open_site().new_page()
    page.goto(site.channel)
    page.click("[aria-label='More actions']")
    page.click("button:has-text('Disable channel')")
    expect(page.locator("h1")).to_contain_text("Disabled")
    yield
    page.goto(site.channel)
    if page.get_by_role("button", name="Enable channel").count():
        enable(page, site)


def enable(page: Page, site: Site) -> None:
    page.goto(site.channel)
    page.click("[aria-label='More actions']")
    page.click("button:has-text('Enable channel')")
    expect(page.locator("h1")).not_to_contain_text("Disabled")


@pytest.fixture
def saucers(site: Site, open_site: Open, tmp_path: Path) -> None:
    """A product that is known on both sides, with stock."""
    site.import_orders(tmp_path, {"SH-0": "SAUCER"})
    page = open_site().new_page()
    ask(page, site, EXPORT)
    follow(page)
    site.stock_there(SAUCER=10)
    ask(page, site, STOCK)
    follow(page)
    site.wait_for("SELECT 1 FROM shipments_shipment WHERE reference LIKE 'SH-0-%' AND status = 'sent'")


def test_s11_what_waits_is_sent_and_comes_back_shipped(
    saucers: None, disabled: None, site: Site, open_site: Open, tmp_path: Path
) -> None:
    page, said = listen(open_site)
    site.import_orders(tmp_path, {"SH-1": "SAUCER"})
    site.wait_for("SELECT 1 FROM shipments_shipment WHERE reference LIKE 'SH-1-%'")
    page.goto(site.channel)
    expect(page.locator(".facts").first).to_contain_text("1 shipment waiting to be sent")
    with site.paused_worker():
        enable(page, site)
        ask(page, site, SEND)
    follow(page)
    assert tile(page, "Changed") == "1"
    (there,) = (one for one in site.far.control.list_lines("/orders") if one["reference"].startswith("SH-1-"))
    site.far.control.post(f"/orders/{there['id']}/dispatch", {})

    ask(page, site, SHIPMENTS)
    follow(page)

    assert int(tile(page, "Changed")) >= 1
    site.wait_for("SELECT 1 FROM orders_salesorder WHERE number = 'SH-1' AND status = 'shipped'")
    page.goto("/orders/?q=SH-1")
    expect(page.locator("h1")).to_have_text(re.compile(r"SH-1\s+Shipped"))
    assert said == []


def test_s11_receipts_are_booked_to_their_purchase_order(site: Site, open_site: Open, tmp_path: Path) -> None:
    page, said = listen(open_site)
    site.import_orders(tmp_path, {"RC-1": "CREAMER"})
    site.command(
        "purchase",
        "add",
        "PO-77",
        "--account",
        ACCOUNT,
        "--warehouse",
        WAREHOUSE,
        "--line",
        "CREAMER=12",
        folder=tmp_path,
    )
    ask(page, site, EXPORT)
    follow(page)
    ask(page, site, SEND_PURCHASES)
    follow(page)
    arrive(site, "PO-77-")

    ask(page, site, RECEIPTS)
    follow(page)

    assert tile(page, "Changed") == "1"
    page.goto("/purchases/")
    page.click("a:has-text('PO-77')")
    expect(page.locator("main")).to_contain_text("Received")
    assert look_at(page) == []
    assert said == []


def arrive(site: Site, beginning: str) -> None:
    """Have what was announced under a reference that begins so be unloaded and checked over there."""
    announced = site.far.control.list_lines("/inbound-orders")
    (order_id,) = [one["id"] for one in announced if one["reference"].startswith(beginning)]
    for step in ("receive", "verify"):
        site.far.control.post(f"/inbound-orders/{order_id}/{step}", {})


def test_s11_a_run_is_stopped_and_asked_for_again(site: Site, open_site: Open) -> None:
    page, said = listen(open_site)
    with site.paused_worker():
        ask(page, site, SHIPMENTS)
        follow(page, "Waiting to start")
        page.click("button:has-text('Stop after this item')")
        expect(page.locator(".toast")).to_contain_text("Asked to stop")
        follow(page, "Stopped")
    expect(page.locator("#log")).to_contain_text("asked it to stop")
    page.click("button:has-text('Run again')")
    follow(page)
    assert said == []


def test_s11_a_sync_is_asked_for_and_followed_without_javascript(site: Site, open_site: Open) -> None:
    page, said = listen(open_site, java_script_enabled=False)
    ask(page, site, STOCK, plan=True)
    site.settle()
    page.reload()
    follow(page)
    expect(page.locator("#plan")).to_contain_text("What would be done")
    assert said == []
