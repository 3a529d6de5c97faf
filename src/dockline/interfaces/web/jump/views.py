"""The palette: pages, channels, and orders by any number people have in hand."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dockline.domain.channels import queries as channels
from dockline.domain.shipments import listing
from dockline.interfaces.web.parts.answer import answer
from dockline.interfaces.web.parts.asked import text_in
from dockline.interfaces.web.parts.context import MENU
from dockline.interfaces.web.parts.scope import scope_of

SHORTEST = 2


def list_places(request: HttpRequest) -> HttpResponse:
    """List where the text may lead: label, address, and what it is."""
    text = text_in(request, "q")
    account_id = scope_of(request).account_id
    places = [(place.label, reverse(place.name), f"g {place.key}") for _, part in MENU for place in part]
    places.append(("Orders that need a person", reverse("orders") + "?status=person", "view"))
    found = [place for place in places if text.lower() in place[0].lower()]
    if len(text) >= SHORTEST:
        found += [
            (channel.name, reverse("channel", args=[channel.id]), "channel")
            for channel in channels.list_channels(account_id=account_id, text=text, limit=5)
        ]
        found += [
            (f"{number} · {customer}" if customer else number, reverse("order", args=[order_id]), "order")
            for order_id, number, customer in listing.list_orders_named(text, account_id=account_id)
        ]
    return answer(request, "jump/places", {"found": found, "text": text})
