"""Home: orders per status, issues by cause, channels that need attention."""

from django.http import HttpRequest, HttpResponse

from dockline.domain.channels import queries as channels
from dockline.domain.issues import queries as issues
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.shipments import listing
from dockline.domain.shipments.listing import BACKORDERED, NEEDS_A_PERSON, OrderFilter
from dockline.flows import setup
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.scope import scope_of

TILES = (
    (OrderStatus.APPROVED.value, "Approved", "waiting to be allocated"),
    (OrderStatus.FULFILLING.value, "Fulfilling", "with a warehouse"),
    (BACKORDERED, "Backordered", "waiting for stock"),
    (NEEDS_A_PERSON, "Needs a person", "standing still"),
    (OrderStatus.SHIPPED.value, "Shipped", "done"),
    (OrderStatus.DRAFT.value, "Draft", "not yet approved"),
)


def show_home(request: HttpRequest) -> HttpResponse:
    """Show what is where."""
    account_id = scope_of(request).account_id
    counts = listing.count_orders_by_tab(OrderFilter(account_id=account_id))
    known = channels.list_channels(account_id=account_id)

    context = {
        "tiles": [(tab, label, hint, counts.get(tab, 0)) for tab, label, hint in TILES],
        "groups": issues.list_issue_groups(account_id),
        "troubled": [channel for channel in known if channel.health.tone in ("bad", "warn")],
        "channel_count": len(known),
        "steps": () if known else setup.list_steps(),
        "order_count": counts[""],
    }
    return answer(request, "home/home", context)
