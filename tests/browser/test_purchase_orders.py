"""A purchase order from an empty form to its end, in a real browser; each page on the way is sound."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, sign_in
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser


def test_a_purchase_order_is_written_changed_approved_and_ended(open_browser: Open) -> None:
    # Signed in anew: which account is shown is kept with the session, which the other tests share.
    page, said = listen(open_browser, stranger=True)
    sign_in(page)
    page.click("summary:has-text('All accounts')")
    page.click("button:has-text('Juniper & Oak')")
    page.wait_for_selector("h1:has-text('Juniper & Oak')")
    page.goto("/purchases/new/")
    page.fill("[name='number']", "PO-BROWSER-1")
    page.select_option("#warehouse", index=1)
    page.fill("[name='r0-sku']", "NO-SUCH")
    page.fill("[name='r0-quantity']", "12")
    page.click("button:has-text('Save draft')")
    expect(page.locator("[role='alert']")).to_contain_text("The account has no product")
    found = look_at(page)
    assert all("422" in words for words in said), "a refusal is told by its status alone"
    said.clear()

    page.fill("[name='r0-sku']", str(page.locator("#products option").first.get_attribute("value")))
    page.click("button:has-text('Save draft')")
    expect(page.locator("h1")).to_contain_text("Draft")
    found += look_at(page)
    page.click("a:has-text('Change')")
    page.fill("#supplier", "Northern Clay")
    page.click("button:has-text('Save and approve')")
    expect(page.locator("h1")).to_contain_text("Approved")
    found += look_at(page)
    page.click("a:has-text('Cancel')")
    found += look_at(page, "Cancel PO-BROWSER-1?")
    page.click("button:has-text('Cancel purchase order')")
    expect(page.locator("h1")).to_contain_text("PO-BROWSER-1")
    assert found == []
    assert said == []
