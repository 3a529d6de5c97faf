"""S3: six views: Main (default), Advanced, Channel Settings, Carrier, SKU, Reference Mappings."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel

pytestmark = pytest.mark.browser

VIEWS = {
    "Main": "",
    "Advanced": "advanced/",
    "Channel Settings": "settings/",
    "Carrier Mappings": "carriers/",
    "SKU Mappings": "skus/",
    "Reference Mappings": "references/",
}


def test_s03_each_view_has_an_address_of_its_own(open_browser: Open) -> None:
    page, said = listen(open_browser)
    channel = open_channel(page, "Sydney")
    tabs = page.locator("nav[aria-label='View Selection'] a")
    assert [text.split("\n")[0].strip() for text in tabs.all_inner_texts()] == list(VIEWS)

    found = []
    for label, path in VIEWS.items():
        page.click(f"nav[aria-label='View Selection'] a:has-text('{label}')")
        expect(page.locator("nav[aria-label='View Selection'] a[aria-current]")).to_contain_text(label)
        assert page.url == channel + path
        found += look_at(page)

    assert found == []
    assert said == []
