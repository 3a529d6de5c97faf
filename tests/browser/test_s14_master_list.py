"""S14: the channel's capabilities appear in a master list."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser

COLUMNS = ("SKU", "Carrier", "SO Ref.", "PO Ref.", "Suppress PII", "Partial Backorder", "Lot #", "No Register")


def test_s14_one_row_for_each_connector(open_browser: Open) -> None:
    page, said = listen(open_browser)
    page.goto("/channels/")
    page.click("a:has-text('Master list')")

    heads = page.locator("table.master thead").inner_text()
    assert all(column in heads for column in ("Name", *COLUMNS, "Manual", "Auto", "Beta", "Setup Steps"))
    expect(page.locator("table.master tbody tr")).to_have_count(2)
    expect(page.get_by_role("row", name="CartonCloud").locator(".yes")).to_have_count(10)
    assert look_at(page) == []
    assert said == []
