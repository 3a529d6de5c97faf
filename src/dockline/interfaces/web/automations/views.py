"""Every recurring job of every channel, its periods, and what an account wants by default."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.channels import queries as channels
from dockline.domain.history import queries as history
from dockline.domain.runs.rules import RunKind
from dockline.flows import automations
from dockline.interfaces.web.channels.page import get_channel
from dockline.interfaces.web.parts.answer import actor_of
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import Invalid, Problem

LATEST_CHANGES = 10


def list_automations(request: HttpRequest) -> HttpResponse:
    """List what runs by itself; for one account also its defaults."""
    account_id = scope_of(request).only_account_id
    rows = channels.list_channels(account_id=account_id)
    context = {
        "automations": automations.list_automations({row.id: row.connection for row in rows}),
        "defaults": () if account_id is None else automations.list_account_periods(account_id),
        "history": None
        if account_id is None
        else history.list_latest_events(("account", account_id), limit=LATEST_CHANGES),
    }
    return render(request, "automations/list.html", context)


@require_POST
def set_periods(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Set how often the jobs of a channel run; what the form leaves out stays."""
    channel = get_channel(channel_id)
    try:
        wanted, was = _periods(request), _periods(request, before="was.")
        automations.set_periods(channel.id, wanted, was=was, actor=actor_of(request), now=timezone.now())
        messages.success(request, "The periods are saved.")
    except Problem as problem:
        messages.error(request, problem.message)
    return HttpResponseRedirect(reverse("channel", args=[channel.id]) + "#automations")


@require_POST
def set_defaults(request: HttpRequest) -> HttpResponse:
    """Set how often jobs run on an account's channels that do not say otherwise."""
    account_id = scope_of(request).only_account_id
    if account_id is None or str(account_id) != request.POST.get("account"):
        messages.error(request, "Choose the account first; another one is chosen now. Nothing was changed.")
        return HttpResponseRedirect(reverse("automations"))
    try:
        wanted = {kind: seconds for kind, seconds in _periods(request).items() if seconds is not None}
        automations.set_account_periods(account_id, wanted, actor=actor_of(request), now=timezone.now())
        messages.success(request, "The defaults are saved.")
    except Problem as problem:
        messages.error(request, problem.message)
    return HttpResponseRedirect(reverse("automations") + "#defaults")


def _periods(request: HttpRequest, *, before: str = "") -> dict[RunKind, int | None]:
    wanted: dict[RunKind, int | None] = {}
    for kind in automations.KINDS:
        said = request.POST.get(before + kind)
        if said is None:
            continue
        if said and not (said.isascii() and said.isdigit() and len(said) < 10):
            raise Invalid(f"{kind.label}: choose one of the periods.", field=kind)
        wanted[kind] = int(said) if said else None
    return wanted
