"""What operators do: by keyboard, on slow lines, without JavaScript."""

import re

import pytest
from playwright.sync_api import Response, expect

from tests.browser.conftest import Open, sign_in

pytestmark = pytest.mark.browser

MOST_BYTES = 60 * 1024
MOST_REQUESTS = 10


def test_signing_in_searching_and_choosing_an_account_need_no_javascript(open_browser: Open) -> None:
    page = open_browser(stranger=True, java_script_enabled=False).new_page()
    sign_in(page)

    page.goto("/orders/")
    page.fill("#q", "9999")
    page.keyboard.press("Enter")
    expect(page.locator(".rowlink")).to_have_text(["SO-1"])
    page.click(".switcher summary")
    page.click(".switcher button:has-text('Tidewater Toys')")
    expect(page.locator(".rowlink")).to_have_text(["TT-1"])
    expect(page).to_have_title(re.compile("Tidewater Toys"))


def test_a_sync_can_be_asked_for_without_javascript(open_browser: Open) -> None:
    page = open_browser(java_script_enabled=False).new_page()

    page.goto("/channels/?q=CartonCloud · Sydney")
    page.click(".rowlink")
    page.click(".acts .menu summary")
    page.click("button:has-text('Receive inventory levels')")

    expect(page.locator("h1")).to_have_text("Receive Inventory Levels From Channel")
    expect(page.locator("#live")).to_contain_text("Waiting to start")


@pytest.mark.parametrize("address", ["/", "/orders/", "/channels/", "/organization/", "/automations/"])
def test_a_first_visit_is_small(address: str, open_browser: Open) -> None:
    context = open_browser()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))

    page.goto(address, wait_until="networkidle")

    assert len(answers) <= MOST_REQUESTS
    assert sum(received) <= MOST_BYTES, sum(received)


def test_the_list_is_worked_by_keyboard(open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto("/orders/")

    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("SO-2-KQ2")
    expect(page.locator(".rowlink")).to_have_text(["SO-2"])
    expect(page).to_have_url(re.compile(r"/orders/\?q=SO-2-KQ2$"))
    page.locator("#q").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("SO-2")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/channels/$"))


def test_the_palette_opens_an_order_by_the_end_of_its_tracking_number(open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto("/")

    page.keyboard.press("Control+k")
    page.keyboard.type("9999")
    expect(page.locator("#jump-list a")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_contain_text("SO-1")


def test_tabs_keep_the_search_and_back_shows_the_whole_page(open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto("/orders/?q=Mia")

    page.click(".tabs a:has-text('Shipped')")
    expect(page).to_have_url(re.compile(r"\?q=Mia&status=shipped$"))
    expect(page.locator(".rowlink")).to_have_text(["SO-1"])
    page.go_back()

    expect(page.locator("#nav")).to_be_attached()
    expect(page.locator(".rowlink")).to_have_count(50)


def test_a_live_run_is_followed_until_it_is_left(open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto("/runs/?state=running")
    page.click(".rowlink")

    with page.expect_response(lambda answer: "after=" in answer.url) as polled:
        expect(page.locator("progress")).to_have_attribute("value", "139")
    polled.value.finished()

    expect(page.locator("#log li")).to_have_count(4)


def test_a_chosen_theme_is_kept(open_browser: Open) -> None:
    page = open_browser(color_scheme="light").new_page()
    page.goto("/")
    toggle = page.locator("[data-theme-toggle]")

    toggle.click()
    expect(toggle).to_have_attribute("aria-label", "Theme: light")
    toggle.click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(toggle).to_have_attribute("aria-label", "Theme: dark")
