"""Takes the pictures of the core checklist: no test of the suite, run by `make checklist`."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.checklist import REQUIREMENTS, picture_of
from tests.browser.conftest import Open
from tests.browser.soundness import open_channel

SIZE = {"width": 1440, "height": 860}
SMALLER = 0.6


def connect(page: Page) -> None:
    page.goto("/channels/connect/")
    page.click("a.choice:has-text('CartonCloud')")
    page.click("a:has-text('Perth')")


def menu(page: Page) -> None:
    page.click("summary:has-text('Sync')")


def to(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.evaluate("element => element.scrollIntoView({block: 'center'})")


def rename(page: Page) -> None:
    page.fill("#name", "CartonCloud · Sydney, day shift")


def run(page: Page) -> None:
    page.goto("/runs/?state=running")
    page.click(".rowlink")


def delete(page: Page) -> None:
    page.click("[aria-label='More actions']")
    page.click("a:has-text('Delete channel')")


def master_list(page: Page) -> None:
    page.goto("/channels/connectors/")


VIEWS = {"S3": "", "S4": "Advanced", "S5": "Advanced", "S6": "Advanced", "S7": "Channel Settings", "S8": "Carrier"}
AIMS: dict[str, Callable[[Page], None]] = {
    "S1": connect,
    "S2": lambda page: page.goto("/channels/") and None,
    "S5": to("#pass_lots"),
    "S6": to("#product_description-example"),
    "S9": rename,
    "S10": to("#automations"),
    "S11": run,
    "S12": menu,
    "S13": delete,
    "S14": master_list,
}


def test_take_pictures(open_browser: Open) -> None:
    page = open_browser(viewport=SIZE, device_scale_factor=SMALLER, color_scheme="light").new_page()
    for number in REQUIREMENTS:
        open_channel(page, "Sydney", VIEWS.get(number, ""))
        AIMS.get(number, lambda page: None)(page)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=picture_of(number))
