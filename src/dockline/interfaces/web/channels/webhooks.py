"""The webhooks of a channel: its addresses, how calls went, and the page that shows a new key once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.domain.channels.queries import ChannelRow
from dockline.domain.webhooks.queries import list_hints
from dockline.flows import webhooks
from dockline.interfaces.web.channels.page import get_channel
from dockline.interfaces.web.parts.answer import actor_of, answer
from dockline.kit.errors import Problem

NEWEST = 50


def webhooks_of(request: HttpRequest, channel: ChannelRow) -> webhooks.Page:
    """What the Webhooks part of the Main view shows."""
    return webhooks.describe(channel.connection, server=_server(request))


def show_webhooks(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show the newest calls; by a button, make an address and a key."""
    if request.method == "POST":
        return _make(request, channel_id)
    channel = get_channel(channel_id)
    return answer(
        request, "channels/webhook_calls", {"channel": channel, "hints": list_hints(channel.id, limit=NEWEST)}
    )


def _make(request: HttpRequest, channel_id: int) -> HttpResponse:
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
