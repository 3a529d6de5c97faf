"""S7: five connection fields; secrets never shown or leaked."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.soundness import listen, look_at, open_channel
from tests.support.page_world import SECRET

pytestmark = pytest.mark.browser


def test_s07_the_five_fields_and_a_secret_that_goes_in_and_never_out(open_browser: Open) -> None:
    page, said = listen(open_browser)
    open_channel(page, "Sydney", "Channel Settings")

    expect(page.get_by_role("group", name="Api Url")).to_be_visible()
    for title in ("Client Id", "Client Secret", "Tenant Id", "Customer Name"):
        expect(page.get_by_label(title, exact=True)).to_be_visible()
    assert page.input_value("#client_secret") == ""
    assert SECRET not in page.content()
    page.fill("#tenant_id", "wrong")
    expect(page.locator(".savebar #diff")).to_contain_text("Tenant Id: Enter an identifier")
    page.click(".savebar .primary")
    expect(page.locator("#tenant_id-error")).to_contain_text("Enter an identifier")
    assert look_at(page) == []
    assert [line for line in said if "422" not in line] == []
