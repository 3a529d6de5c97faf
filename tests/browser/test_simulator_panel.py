"""The simulator's own pages in a real browser: sound in both themes and sizes, worked by keyboard, quiet."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.browser.soundness import SIZES, faults, faults_in_both

pytestmark = pytest.mark.browser

VIEWS = ("", "outbound", "outbound?q=nothing-is-called-that", "inbound", "stock", "products", "consignments", "reports")
WORLD = ("wire", "webhooks", "weather", "clock", "settings", "nowhere")


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator(furnished=True) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, simulator: RunningSimulator) -> Iterator[Page]:
    """The panel in a window of its own; at the end nothing may have been said on the console."""
    context = chromium.new_context(base_url=simulator.base_url, reduced_motion="reduce")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url} {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url} {error}"))
    yield page
    context.close()
    # A refusal is answered with a 422, which every browser notes by itself.
    assert [line for line in said if "status of 422" not in line] == []


def visit(page: Page, view: str) -> None:
    page.goto(f"/_sim#/{view}")
    page.locator("#main :is(h1, h2)").first.wait_for()


def newest(simulator: RunningSimulator, status: str = "") -> dict[str, str]:
    rows = simulator.control.get(f"/lists/outbound-orders?status={status}")["rows"]
    return {name: rows[0][name] for name in ("id", "reference")}


def test_every_view_is_sound(page: Page, simulator: RunningSimulator) -> None:
    found = []
    purchase = simulator.control.get("/lists/inbound-orders")["rows"][0]["id"]
    for view in (*VIEWS, f"outbound/{newest(simulator)['id']}", f"inbound/{purchase}", *WORLD):
        visit(page, view)
        for size, area in SIZES.items():
            page.set_viewport_size(area)  # type: ignore[arg-type]
            # The bones are the same everywhere; other colours are on the desk's dark pages, other sizes on the phone's.
            found += faults_in_both(page) if size == "desk" else faults(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{page.url} is wider than the screen")
    assert found == []


@pytest.mark.parametrize("size", SIZES)
def test_menu_dialogs_and_messages_are_sound(size: str, page: Page, simulator: RunningSimulator) -> None:
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    visit(page, f"outbound/{newest(simulator)['id']}")
    page.get_by_text("The same from a shell").click()
    page.get_by_role("button", name="Edit quantities…").click()
    expect(page.locator("#act")).to_be_visible()
    found = faults_in_both(page)
    page.keyboard.press("Escape")
    visit(page, "")
    page.get_by_role("button", name="Instruct it…").click()
    page.fill("#field-orders_per_second", "-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("orders_per_second")
    found += faults_in_both(page)
    page.fill("#field-orders_per_second", "5")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Told the crew")
    found += faults_in_both(page)
    if size == "phone":
        page.get_by_role("button", name="Menu").click()
        page.wait_for_selector("#nav:popover-open")
        found += faults_in_both(page)
    assert found == []


def test_an_order_is_picked_by_keyboard_alone(page: Page, simulator: RunningSimulator) -> None:
    order = newest(simulator, "AWAITING_PICK_AND_PACK")
    visit(page, "")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.get_by_role("heading", name="Sales orders", exact=True).wait_for()
    page.keyboard.press("/")
    page.keyboard.type(order["reference"].lower())
    expect(page.locator("tbody tr")).to_have_count(1)
    button = page.get_by_role("button", name="Pick", exact=True)
    while not button.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#said")).to_contain_text(f"Picked {order['reference']}")
    expect(page.locator("tbody tr")).to_contain_text("Picked")
    assert simulator.control.get(f"/orders/{order['id']}")["status"] == "PICKED"


def test_a_short_pick_sends_what_its_shell_line_says(page: Page, simulator: RunningSimulator) -> None:
    order = newest(simulator, "AWAITING_PICK_AND_PACK")
    visit(page, f"outbound/{order['id']}")
    page.get_by_role("button", name="Short-pick…").click()
    page.locator("#act [data-item]").first.fill("1")
    line = page.locator("#act pre").inner_text()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator("#act [type=submit]").click()

    expect(page.locator("#said")).to_contain_text("short")
    assert sent.value.url in line
    assert f"-d '{sent.value.post_data}'" in line
    assert json.loads(sent.value.post_data or "")["items"][0]["quantity"] == 1
    assert simulator.control.get(f"/orders/{order['id']}")["lines"][0]["quantity"] == "1"


def test_a_setting_is_changed_and_what_others_change_appears(page: Page, simulator: RunningSimulator) -> None:
    visit(page, "settings?q=report_fails")
    page.select_option("#setting-report_fails", "true")
    expect(page.locator("#said")).to_contain_text("Changed report_fails")
    assert simulator.control.get("/settings")["report_fails"] is True

    simulator.control.set(report_fails=False)
    expect(page.locator("#setting-report_fails")).to_have_value("false")


def test_what_others_change_back_at_once_is_shown_too(page: Page, simulator: RunningSimulator) -> None:
    def change_back(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        answer = route.fetch()
        simulator.control.set(report_fails=False)
        route.fulfill(response=answer)

    visit(page, "settings?q=report_fails")
    page.route("**/_sim/settings", change_back)
    page.select_option("#setting-report_fails", "true")
    expect(page.locator("#said")).to_contain_text("Changed report_fails")
    expect(page.locator("#setting-report_fails")).to_have_value("false")


@pytest.mark.parametrize(("button", "name"), [("Download ledger", "ledger.jsonl"), ("Download wire log", "wire.jsonl")])
def test_the_ledger_and_the_wire_log_are_downloaded(button: str, name: str, page: Page) -> None:
    visit(page, "wire")
    with page.expect_download() as started:
        page.get_by_role("link", name=button).click()
    assert started.value.suggested_filename == name


def test_a_refused_setting_says_why(page: Page, simulator: RunningSimulator) -> None:
    visit(page, "settings?q=outbound_rate_limit")
    page.fill("#setting-outbound_rate_limit", "0")
    page.keyboard.press("Tab")
    expect(page.locator("#said .error")).to_contain_text(">= 1")
    assert simulator.control.get("/settings")["outbound_rate_limit"] == 30


def test_names_from_outside_stay_text(page: Page, simulator: RunningSimulator) -> None:
    nasty = '<img src=x onerror="alert(1)">'
    customer = simulator.control.post("/customers", {"name": nasty})["id"]
    simulator.control.add_product(customer, nasty, name=nasty)
    visit(page, "products")
    expect(page.locator("tbody tr").first).to_contain_text(nasty)
    assert page.locator("main img").count() == 0
