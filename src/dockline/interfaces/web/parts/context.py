"""What every page is given: the scope, the menu with its counts, and where we are."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from dockline.domain.guard import queries as guard
from dockline.domain.issues import queries as issues
from dockline.interfaces.web.parts.answer import wants_fragment
from dockline.interfaces.web.parts.scope import scope_of


@dataclass(frozen=True)
class Place:
    """One entry of the menu; `key` follows `g` on the keyboard."""

    name: str
    label: str
    icon: str
    key: str


@dataclass(frozen=True)
class Entry:
    """A place as it is drawn now."""

    place: Place
    address: str
    is_here: bool
    count: int


MENU = (
    (
        "Work",
        (
            Place("home", "Home", "house", "h"),
            Place("orders", "Sales orders", "shopping-bag", "o"),
            Place("shipments", "Shipments", "truck", "s"),
            Place("purchases", "Purchase orders", "package-open", "u"),
            Place("inventory", "Inventory", "boxes", "i"),
            Place("products", "Products", "tag", "p"),
            Place("issues", "Issues", "circle-alert", "e"),
        ),
    ),
    (
        "Fulfillment Channels",
        (
            Place("channels", "Channels", "plug", "c"),
            Place("automations", "Automations", "timer", "a"),
            Place("runs", "Sync runs", "refresh-cw", "r"),
            Place("sweeps", "Sweeps", "scan-search", "w"),
        ),
    ),
    (
        "Admin Settings",
        (
            Place("carriers", "Carriers", "ship", "v"),
            Place("customers", "Customers", "users", "t"),
            Place("data", "Data", "table-2", "d"),
        ),
    ),
    ("System Configuration", (Place("organization", "Organization", "building-2", "z"),)),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Fill the frame around a page; a fragment has none."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    scope = scope_of(request)
    if wants_fragment(request):
        return {"scope": scope}
    open_issues = issues.count_open_issues(scope.account_id)
    menu = [(title, [_entry(place, request.path, open_issues) for place in places]) for title, places in MENU]
    return {
        "scope": scope,
        "menu": menu,
        "open_issues": open_issues,
        "stop": guard.find_stop(),
        "lacking_keys": settings.KEY_RING.lacking,
    }


def _entry(place: Place, path: str, open_issues: int) -> Entry:
    address = reverse(place.name)
    is_here = path == address or (address != "/" and path.startswith(address))
    return Entry(place, address, is_here, open_issues if place.name == "issues" else 0)
