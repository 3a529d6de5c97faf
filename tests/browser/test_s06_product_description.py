"""S6: Product Description choice, two values, hyphen form."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, open_channel

pytestmark = pytest.mark.browser


def test_s06_both_forms_are_shown_and_chosen(open_browser: Open) -> None:
    page, said = listen(open_browser)
    open_channel(page, "Sydney", "Advanced")
    expect(page.locator("#product_description-example")).to_contain_text("“Cotton T-shirt - L”")

    for label in ("Product Name + Product Variant Name", "Product Variant Name"):
        page.get_by_role("group", name="Product Description to send to Channel").get_by_label(label, exact=True).check()
        expect(page.locator(".savebar #diff ins")).to_have_text(label)
        page.click(".savebar .primary")
        expect(page.locator("#history li ins").first).to_have_text(label)

    assert said == []
