"""Every page in a real browser: nothing for axe to find, nothing on the console, nothing beyond the screen's edge."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.soundness import SIZES, faults_in_both, listen, look_at

pytestmark = pytest.mark.browser

LISTS = (
    "/",
    "/orders/",
    "/shipments/",
    "/purchases/",
    "/purchases/new/",
    "/inventory/",
    "/inventory/movements/",
    "/inventory/drift/",
    "/inventory/lots/?q=B",
    "/products/",
    "/issues/",
    "/channels/",
    "/channels/connect/",
    "/channels/connectors/",
    "/automations/",
    "/runs/",
    "/sweeps/",
    "/carriers/",
    "/customers/",
    "/customers/new/",
    "/data/",
    "/organization/",
    "/jump/?q=so",
)
EMPTY = ("/orders/?q=nothing-is-called-that",)


def links_to_records(page: Page) -> list[str]:
    """The addresses of one record of each kind, as the lists show them."""
    found = []
    for address in (
        "/orders/?status=shipped",
        "/orders/?status=person",
        "/shipments/?status=sent",
        "/inventory/",
        "/channels/",
        "/runs/",
        "/customers/",
    ):
        page.goto(address)
        found.append(str(page.locator(".rowlink").first.get_attribute("href")))
    found += [*(f"{found[1]}{errand}/" for errand in ("cancel", "hold", "change")), f"{found[4]}webhooks/"]
    page.goto("/organization/")
    found.append(str(page.locator("#accounts tbody a").first.get_attribute("href")))
    page.goto("/channels/?q=utrecht")
    return [*found, str(page.locator(".rowlink").first.get_attribute("href"))]


def test_every_page_is_sound(open_browser: Open) -> None:
    page, said = listen(open_browser)
    found = []
    for address in (*LISTS, *EMPTY, *links_to_records(page)):
        page.goto(address)
        page.evaluate("for (const one of document.querySelectorAll('main details:not(.menu)')) one.open = true")
        found += look_at(page)

    assert found == []
    assert said == []


@pytest.mark.parametrize("size", SIZES)
def test_every_menu_and_dialog_is_sound(size: str, open_browser: Open) -> None:
    page = open_browser(viewport=SIZES[size], reduced_motion="reduce").new_page()
    is_phone = size == "phone"

    page.goto("/channels/?q=Sydney")
    page.click(".rowlink")
    page.click(".acts .menu summary")
    found = faults_in_both(page)
    page.keyboard.press("Escape")
    if is_phone:
        page.click("[aria-label=Menu]")
        page.wait_for_selector("#nav:popover-open")
        found += faults_in_both(page)
    page.click(".switcher summary")
    found += faults_in_both(page)
    page.goto("/orders/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#jump-list a")
    found += faults_in_both(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("#jump", state="hidden")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    found += faults_in_both(page)

    assert found == []


def test_strangers_see_sound_pages(open_browser: Open) -> None:
    page = open_browser(stranger=True, viewport=SIZES["phone"]).new_page()
    page.goto("/sign-in/")
    found = look_at(page)
    page.fill("[name=username]", "nobody")
    page.fill("[name=password]", "wrong")
    page.click("button:has-text('Sign in')")
    page.wait_for_selector("[role=alert]")
    found += look_at(page)
    page.goto("/nowhere/")
    found += look_at(page)

    assert found == []
