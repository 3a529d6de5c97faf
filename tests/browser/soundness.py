"""What every page must be: nothing for axe to find, nothing on the console, nothing beyond the screen's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.browser.conftest import Open

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
# Axe describes what passes as fully as what fails, unless it is told not to.
_ASKED = {"resultTypes": ["violations"]}
RULES = {**_ASKED, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {**_ASKED, "runOnly": ["color-contrast"]}
# The rows of a list are drawn alike and the first dozen are in every state, so the rest need not be looked at.
_WHERE = {"exclude": [["main tbody tr:nth-child(n + 13)"]]}
_SCRIPT = Axe().axe_script
# Axe does not ask any more. A script and a link find the first of two.
_IDS_TWICE = "[...document.querySelectorAll('[id]')].map(({id}) => id).filter((id, at, all) => all.indexOf(id) < at)"


def faults(page: Page, theme: str = "light") -> list[str]:
    """What axe finds on the page as it stands; the other theme has the same bones, so there only colours are asked."""
    wait_until_there(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    # A page stands scrolled to what was sent: what has gone under the bar at its top seems to crowd the bar's buttons.
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    violations = page.evaluate(
        "([where, options]) => axe.run(where, options).then(({violations}) => violations)",
        [_WHERE, RULES if theme == "light" else COLOURS],
    )
    found = [f"{page.url} {each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in violations]
    return found + [f"{page.url} has {name!r} twice" for name in page.evaluate(_IDS_TWICE)]


def faults_in_both(page: Page) -> list[str]:
    """What axe finds in either theme."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += faults(page, theme)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def wait_until_there(page: Page) -> None:
    """Wait until the page is read to its end: right after a click a browser may hold an empty document."""
    page.wait_for_selector("body")
    page.wait_for_load_state()


def look_at(page: Page, heading: str = "") -> list[str]:
    """What is wrong with the page as it stands, or comes to stand under a heading, in both themes and at both sizes."""
    if heading:
        page.wait_for_selector(f"h1:has-text('{heading}')")
    wait_until_there(page)
    found = []
    for size in SIZES.values():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{page.url} is wider than {size['width']}")
        found += faults_in_both(page)
    page.set_viewport_size(SIZES["desk"])  # type: ignore[arg-type]
    return found


def listen(open_browser: Open, **options: object) -> tuple[Page, list[str]]:
    """Open a page, and the list in which everything it says on the console is kept."""
    page = open_browser(viewport=SIZES["desk"], **options).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url} {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url} {error}"))
    return page, said


def open_channel(page: Page, name: str, view: str = "") -> str:
    """Open a channel by its name, as people do, then one of its views; return the channel's address."""
    page.goto(f"/channels/?q={name}")
    page.locator(".rowlink").first.click()
    page.wait_for_selector("nav[aria-label='View Selection']")
    address = page.url
    if view:
        page.click(f"nav[aria-label='View Selection'] a:has-text('{view}')")
        page.wait_for_selector(f"nav[aria-label='View Selection'] a[aria-current]:has-text('{view}')")
    return address
