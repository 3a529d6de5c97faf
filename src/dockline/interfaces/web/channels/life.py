"""Buttons that end or resume a channel as a whole: disable, enable, delete, restore."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.flows import channel_life
from dockline.interfaces.web.channels.page import get_channel
from dockline.interfaces.web.parts.answer import act, actor_of


def delete_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Say what goes and what stays; a posted form deletes."""
    channel = get_channel(channel_id)
    if request.method != "POST":
        return render(request, "channels/delete.html", {"deletion": channel_life.foresee_deletion(channel.id)})
    done = act(
        request,
        lambda: channel_life.delete_channel(channel_id=channel.id, actor=actor_of(request), now=timezone.now()),
        done=f"{channel.name} is deleted. It can be restored for {channel_life.KEPT.days} days.",
    )
    return HttpResponseRedirect(reverse("channels") if done else reverse("channel", args=[channel.id]))


@require_POST
def restore_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Put a deleted channel back."""
    return _do(request, channel_id, channel_life.restore_channel, "is back as it was.")


@require_POST
def disable_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Let a channel take no work."""
    return _do(request, channel_id, channel_life.disable_channel, "is disabled; it takes no work.")


@require_POST
def enable_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Let a disabled channel work again."""
    return _do(request, channel_id, channel_life.enable_channel, "is enabled; what waited is done now.")


def _do(request: HttpRequest, channel_id: int, deed: Callable[..., None], done: str) -> HttpResponse:
    channel = get_channel(channel_id)
    now: datetime = timezone.now()
    act(
        request,
        lambda: deed(channel_id=channel.id, actor=actor_of(request), now=now),
        done=f"{channel.name} {done}",
    )
    return HttpResponseRedirect(reverse("channel", args=[channel.id]))
