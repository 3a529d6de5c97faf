"""The webhooks of a channel: its addresses, how calls went, and the page that shows a new key once."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.channels.queries import ChannelRow
from dockline.domain.webhooks import queries as webhook_queries
from dockline.flows import webhooks
from dockline.interfaces.web.channels.page import get_channel
from dockline.interfaces.web.parts.answer import actor_of
from dockline.kit.errors import Problem

NEWEST = 5


def webhooks_of(request: HttpRequest, channel: ChannelRow) -> dict[str, Any]:
    """What the Webhooks part of the Main view shows; nothing where the connector has none."""
    page = webhooks.describe(channel.connection, server=_server(request))
    return {"webhooks": page, "hints": webhook_queries.list_hints(channel.id, limit=NEWEST) if page else []}


@require_POST
def make_webhooks(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Make an address and a key, or a new key alone, and show it: in this answer, and never again."""
    channel = get_channel(channel_id)
    make = webhooks.replace_key if "key" in request.POST else webhooks.open_endpoint
    try:
        key = make(channel.id, actor=actor_of(request), now=timezone.now())
    except Problem as problem:
        messages.error(request, problem.message)
        return HttpResponseRedirect(reverse("channel", args=[channel.id]))
    page = webhooks.describe(channel.connection, server=_server(request), key=key)
    context = {"channel": channel, "webhooks": page, "key": key, "keeps_former": make is webhooks.replace_key}
    response = render(request, "channels/webhook_key.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _server(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
