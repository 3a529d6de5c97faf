"""A first start: from a person who may sign in to a connected channel, in the pages alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import ACCOUNT, CHANNEL, WAREHOUSE, Site
from tests.browser.soundness import look_at

pytestmark = pytest.mark.browser


def test_a_first_start_leads_from_nothing_to_a_connected_channel(site: Site, open_site: Open) -> None:
    assert site.steps == [
        "Name your organization",
        "Add the warehouses that ship",
        "Add an account for each brand whose orders you ship",
        "Enable a warehouse for the account",
        "Connect the channel to the warehouse's system",
    ]
    assert site.faults == []

    page = open_site().new_page()
    page.goto("/")
    expect(page.get_by_label("Set-up")).to_have_count(0)
    page.goto(site.channel)
    expect(page.locator("h1")).to_contain_text(CHANNEL)
    expect(page.locator(".facts").first).to_contain_text(ACCOUNT)
    expect(page.locator(".facts").first).to_contain_text(WAREHOUSE)


def test_people_and_virtual_warehouses_are_added_and_what_is_refused_says_why(site: Site, open_site: Open) -> None:
    page = open_site().new_page()
    page.goto("/organization/")
    page.click("#people summary")
    page.fill("#person-name", "ben")
    page.click("button:has-text('Add person')")
    expect(page.locator("section[role=status]")).to_contain_text("ben may sign in")
    password = page.locator("section[role=status] [data-copy]").get_attribute("data-copy")
    assert password

    page.click("#warehouses summary")
    page.fill("#warehouse-name", "All Australia")
    page.get_by_label("Virtual").check()
    page.click("button:has-text('Add warehouse')")
    expect(page.locator("#warehouses [role=alert]")).to_be_visible()
    expect(page.locator("#warehouse-name")).to_have_value("All Australia")
    assert look_at(page) == []
    page.get_by_label("Virtual").check()
    page.get_by_role("checkbox", name=WAREHOUSE).check()
    page.click("button:has-text('Add warehouse')")
    expect(page.locator("#warehouses tbody")).to_contain_text(f"virtual: {WAREHOUSE}")

    page.click("#accounts summary")
    page.fill("#account-name", "bluegum  pantry!")
    page.click("button:has-text('Add account')")
    expect(page.locator("#accounts [role=alert]")).to_contain_text(ACCOUNT)

    other = open_site(stranger=True).new_page()
    other.goto("/sign-in/")
    other.fill("[name=username]", "ben")
    other.fill("[name=password]", password)
    other.click("button:has-text('Sign in')")
    expect(other.locator("h1")).to_contain_text(ACCOUNT)
