"""S12: Import or Export Products, as the Master Product Source has it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.site import CHANNEL, Site
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser

IMPORT, EXPORT = "Import Products From Channel", "Export Products To Channel"


def choose_master(page: Page, site: Site, name: str) -> None:
    """Open the account from the organization's page and choose where its products are kept."""
    page.goto("/organization/")
    page.click("#accounts tbody a >> nth=0")
    page.locator("#master").get_by_label(name).check()
    page.click("button:has-text('Save source')")
    expect(page.locator(".toast")).to_contain_text("Saved.")
    expect(page.locator("#master").get_by_label(name)).to_be_checked()


@pytest.fixture
def giving_back(site: Site, open_site: Open) -> Iterator[None]:
    """Dockline is the master again afterwards."""
    yield
    choose_master(open_site().new_page(), site, "Dockline")
    site.settle()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_s12_exactly_one_direction_is_offered(scripted: bool, site: Site, open_site: Open, giving_back: None) -> None:
    page, said = listen(open_site, java_script_enabled=scripted)
    for master, offered, forbidden, reason in (
        ("Dockline", EXPORT, IMPORT, "Dockline is the Master Product Source"),
        (CHANNEL, IMPORT, EXPORT, "not exported to it"),
    ):
        choose_master(page, site, master)
        if scripted:
            assert look_at(page) == []
        page.goto(site.channel)
        page.click("summary:has-text('Sync')")
        expect(page.get_by_role("button", name=offered)).to_be_enabled()
        expect(page.get_by_role("button", name=forbidden)).to_be_disabled()
        expect(page.get_by_role("button", name=forbidden)).to_contain_text(reason)
        job = page.locator("#automations tr", has_text=forbidden)
        expect(job).to_contain_text(reason)
        expect(job.get_by_role("combobox")).to_be_disabled()
    page.goto("/organization/")
    page.click("#accounts tbody a >> nth=0")
    expect(page.locator("#history li").first).to_contain_text(f"Master Product Source Dockline {CHANNEL}")
    assert said == []


def test_s12_products_are_taken_over_from_the_master(site: Site, open_site: Open, giving_back: None) -> None:
    site.far.control.add_product(site.far.customer_id, "KETTLE", name="Copper kettle")
    page, said = listen(open_site)
    choose_master(page, site, CHANNEL)
    page.goto(site.channel)
    page.click("summary:has-text('Sync')")
    page.click(f"button:has-text('{IMPORT}')")

    expect(page.locator("h1")).to_contain_text(IMPORT)
    expect(page.locator("#live")).to_contain_text("Finished")
    page.goto("/products/?q=KETTLE")
    expect(page.locator("main")).to_contain_text("Copper kettle")
    assert said == []
