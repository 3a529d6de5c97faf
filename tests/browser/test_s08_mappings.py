"""S8: carrier, SKU and reference mappings, as an operator meets them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser

CARRIERS = "FEDEX\tFedEx\tGROUND\tGround\nFEDEX\tFedEx\tAIR2\t2nd day air\nPOST\tPost\t\t\n"


@pytest.fixture(scope="module")
def prepared(server: str, chromium: object, signed_in: object) -> str:
    """The address of a channel whose account has carriers; everything is entered through the pages."""
    context = chromium.new_context(base_url=server, storage_state=signed_in)  # type: ignore[attr-defined]
    page = context.new_page()
    channel = open_channel(page)
    choose_account(page, "Juniper & Oak")
    page.goto("/carriers/")
    page.fill("#pasted", CARRIERS)
    page.click("#import button:has-text('Import')")
    expect(page.locator(".toast")).to_contain_text("already so")
    choose_account(page, "All accounts")
    context.close()
    return channel


def choose_account(page: Page, name: str) -> None:
    page.click(".switcher summary")
    page.click(f".switcher button:has-text('{name}')")


def open_channel(page: Page) -> str:
    page.goto("/channels/?q=CartonCloud · Sydney")
    return str(page.locator(".rowlink").first.get_attribute("href"))


def test_s08_a_carrier_is_mapped_and_tried_out(prepared: str, open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto(f"{prepared}carriers/")
    new = page.locator("#new input")
    new.nth(0).fill("FEDEX")
    page.get_by_label("Service here, of the new row").fill("AIR2")
    page.get_by_label("Carrier at the channel for the new row").fill("2nd Day Air*")
    expect(page.locator(".mapbar")).to_contain_text("empty → FEDEX")
    page.click("button:has-text('Save changes')")
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")

    page.fill("[name=try]", "2nd Day Air Saver")
    page.click("button:has-text('What would it become?')")
    expect(page.locator(".answers dd").first).to_contain_text("FEDEX / AIR2 by the row 2nd Day Air*")

    page.get_by_role("button", name="Remove 2nd Day Air*").click()
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")


def test_s08_a_sku_is_mapped_found_and_exported_without_javascript(
    prepared: str, open_browser: Open, tmp_path: Path
) -> None:
    page = open_browser(java_script_enabled=False, accept_downloads=True).new_page()
    page.goto(f"{prepared}skus/")
    field = page.get_by_label("Channel SKU of MUG-1")
    field.fill("CC-MUG")
    page.click("button:has-text('Save changes')")
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")
    page.fill("#q", "cc-mug")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Channel SKU of MUG-1")).to_have_value("CC-MUG")
    with page.expect_download() as loading:
        page.click("a:has-text('Export')")
    file = tmp_path / "skus.csv"
    loading.value.save_as(file)
    assert file.read_bytes() == b"sku,channel_sku\r\nMUG-1,CC-MUG\r\n"

    page.set_input_files("#file", file)
    page.check("[name=mode][value=replace]")
    page.click("button:has-text('See what would change')")
    expect(page.locator("#view")).to_contain_text("Everything is so already.")
    page.goto(f"{prepared}skus/")
    page.get_by_label("Channel SKU of MUG-1").fill("")
    page.click("button:has-text('Save changes')")
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")


def test_s08_an_import_is_seen_mended_and_applied(prepared: str, open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto(f"{prepared}carriers/")
    page.fill("#pasted", "FEDEX,GROUND,FDEG,,yes\nDHL,,D,,no\n")
    page.click("button:has-text('See what would change')")
    expect(page.locator("#view")).to_contain_text("is no code of the carriers master list")
    expect(page.locator("button:has-text('Apply')")).to_have_count(0)
    page.goto(f"{prepared}carriers/")
    page.fill("#pasted", "FEDEX,GROUND,FDEG,,yes\n")
    page.click("button:has-text('See what would change')")
    page.click("button:has-text('Apply 1 change')")
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")
    expect(page.locator("#history .told").first).to_contain_text("FEDEX / GROUND = FDEG (Primary)")
    page.get_by_role("button", name="Remove FDEG").click()
    expect(page.locator(".toast")).to_contain_text("1 row is saved.")


def test_s08_two_who_edit_at_once_are_told(prepared: str, open_browser: Open) -> None:
    mine, theirs = open_browser().new_page(), open_browser().new_page()
    for page in (mine, theirs):
        page.goto(f"{prepared}references/")
    for page, value in ((theirs, "details.instructions"), (mine, "references.note")):
        code = page.get_by_label("Code here, sales order, new row")
        code.fill("Gift note")
        page.get_by_label("Property for the new row, sales order", exact=True).fill(value)
        page.click("button:has-text('Save changes')")
    expect(theirs.locator(".toast")).to_contain_text("1 row is saved.")
    expect(mine.locator("[role=alert]")).to_contain_text("is there already")
    theirs.get_by_role("button", name="Remove Gift note").click()
    expect(theirs.locator(".toast").last).to_contain_text("1 row is saved.")


def test_s08_a_limit_is_counted_while_typing(prepared: str, open_browser: Open) -> None:
    page = open_browser().new_page()
    page.goto(f"{prepared}references/")
    code = page.get_by_label("Code here, sales order, new row")
    code.press_sequentially("abc")
    expect(page.locator(".counted[data-left='3/100']")).to_have_count(1)
    assert code.get_attribute("maxlength") == "100"


def test_s08_every_view_is_sound(prepared: str, open_browser: Open) -> None:
    page, said = listen(open_browser)
    found = []
    for kind in ("carriers", "skus", "references"):
        page.goto(f"{prepared}{kind}/?tab=unmapped&history=all")
        found += look_at(page)
    page.goto(f"{prepared}carriers/?try=x&try_service=y")
    found += look_at(page)
    page.goto(f"{prepared}skus/")
    page.fill("#pasted", "NOPE,x\nMUG-1,CC\n")
    page.click("button:has-text('See what would change')")
    expect(page).to_have_url(re.compile("/plan/"))
    found += look_at(page)
    page.goto("/carriers/")
    page.click("main button:has-text('Juniper & Oak')")
    expect(page.locator("#list table")).to_be_visible()
    found += look_at(page)
    # Everybody here shares one sign-in, and it keeps the choice.
    choose_account(page, "All accounts")

    assert found == []
    assert said == []
