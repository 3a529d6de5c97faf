"""S10: configure recurring jobs on the channel."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import ACCOUNT, Site
from tests.browser.soundness import listen, look_at

pytestmark = pytest.mark.browser

SHIPMENTS, STOCK = "Receive Shipments From Channel", "Receive Inventory Levels From Channel"


def test_s10_a_job_runs_by_itself_once_it_has_a_period(site: Site, open_site: Open) -> None:
    page, said = listen(open_site)
    page.goto(site.channel)
    stock = page.locator("#automations tr", has_text=STOCK)
    expect(stock).to_contain_text("never")

    stock.get_by_role("combobox").select_option(label="every 15 min")
    page.click("button:has-text('Save periods')")
    expect(page.locator(".toast")).to_contain_text("The periods are saved.")
    site.wait_for("SELECT 1 FROM channels_schedule WHERE job = 'inventory.receive' AND ran_state = 'finished'")
    page.reload()

    expect(stock.get_by_role("combobox")).to_have_value("900")
    expect(stock).to_contain_text("Finished")
    expect(stock.locator("td.n time")).to_be_visible()
    expect(page.locator("#history li").first).to_contain_text(STOCK)
    assert look_at(page) == []
    page.goto("/automations/")
    expect(page.locator("main tr", has_text=STOCK).first).to_contain_text("set on the channel")
    page.goto(site.channel)
    stock.get_by_role("combobox").select_option(label="off")
    page.click("button:has-text('Save periods')")
    expect(stock).to_contain_text("never")
    assert said == []


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_s10_an_account_has_defaults_that_its_channels_follow(scripted: bool, site: Site, open_site: Open) -> None:
    page, said = listen(open_site, java_script_enabled=scripted)
    page.goto("/automations/")
    expect(page.locator("#defaults h2")).to_contain_text(ACCOUNT)
    default = page.get_by_label(f"{SHIPMENTS} runs by default")
    default.select_option(label="every 30 min")
    page.click("button:has-text('Save defaults')")
    expect(page.locator(".toast")).to_contain_text("The defaults are saved.")
    expect(default).to_have_value("1800")
    if scripted:
        assert look_at(page) == []

    page.goto(site.channel)
    own = page.locator("#automations tr", has_text=SHIPMENTS).get_by_role("combobox")
    expect(own).to_have_value("0")
    own.select_option(label="every 30 min (account default)")
    page.click("button:has-text('Save periods')")
    expect(own).to_have_value("")
    page.goto("/automations/")
    expect(page.locator("main tr", has_text=SHIPMENTS).first).to_contain_text("every 30 min")

    page.goto(site.channel)
    own.select_option("0")
    page.click("button:has-text('Save periods')")
    expect(own).to_have_value("0")
    page.goto("/automations/")
    expect(page.locator("main tr", has_text=SHIPMENTS).first).to_contain_text("off")
    assert said == []
