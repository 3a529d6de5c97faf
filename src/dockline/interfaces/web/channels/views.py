"""The channels, one channel, and what may be asked of it: a sync, a test of the connection, going on."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.connectors.contract.notices import CheckReport
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import RunKind, RunMode
from dockline.domain.shipments import listing
from dockline.flows import connection, sync
from dockline.interfaces.web.channels.automations import automations_of
from dockline.interfaces.web.channels.page import LATEST, channel_page, connector_label, get_channel
from dockline.interfaces.web.channels.webhooks import webhooks_of
from dockline.interfaces.web.parts.answer import act, actor_of, answer, wants_fragment
from dockline.interfaces.web.parts.asked import text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import Problem


def list_channels(request: HttpRequest) -> HttpResponse:
    """List channels with their health and latest runs."""
    text = text_in(request, "q")
    account_id = scope_of(request).account_id
    rows = channels.list_channels(account_id=account_id, text=text)
    recent = runs.list_recent_runs([row.id for row in rows], each=LATEST)
    waiting = listing.count_waiting_by_channel([row.id for row in rows])
    labels = {key: connector_label(key) for key in {row.connector for row in rows}}
    context = {
        "rows": [(row, labels[row.connector], recent.get(row.id, ()), waiting.get(row.id, 0)) for row in rows],
        "text": text,
        "is_filtered": bool(text),
        "deleted": () if wants_fragment(request) else channels.list_deleted_channels(account_id=account_id),
    }
    return answer(request, "channels/list", context)


@require_POST
def start_sync(request: HttpRequest, channel_id: int, kind: str) -> HttpResponse:
    """Ask for a sync, or for its plan first, and show its run."""
    channel = get_channel(channel_id)
    if kind not in set(RunKind):
        raise Http404("There is no such sync.")
    mode = RunMode.PLAN if request.POST.get("plan") else RunMode.APPLY
    if RunKind(kind) == RunKind.BACKFILL_LOTS:
        return _backfill(request, channel)
    try:
        run_id = sync.ask_sync(
            channel_id=channel.id, kind=RunKind(kind), actor=actor_of(request), now=timezone.now(), mode=mode
        )
    except Problem as problem:
        messages.error(request, problem.message)
        return _return_to(channel)
    return HttpResponseRedirect(reverse("run", args=[run_id]))


def _backfill(request: HttpRequest, channel: ChannelRow) -> HttpResponse:
    """Ask which lots and serials of the last days are not known here: what is kept is looked at first."""
    days = request.POST.get("days", "")
    try:
        run_id = sync.ask_backfill(
            channel_id=channel.id,
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        messages.error(request, problem.message)
        return HttpResponseRedirect(reverse("channel-advanced", args=[channel.id]))
    return HttpResponseRedirect(reverse("run", args=[run_id]))


@require_POST
def test_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Go through the connection step by step and show the checklist."""
    channel = get_channel(channel_id)
    report: CheckReport | None = None
    problem = ""
    try:
        report = connection.test_connection(channel_id=channel.id, actor=actor_of(request))
    except Problem as error:
        problem = error.message
    context = {"report": report, "test_problem": problem}
    if wants_fragment(request):
        return render(request, "channels/_test.html", context)
    return channel_page(
        request, channel, "main", automations_of(channel) | {"webhooks": webhooks_of(request, channel)} | context
    )


@require_POST
def resume_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Let a paused channel go on."""
    channel = get_channel(channel_id)
    act(
        request,
        lambda: connection.resume_channel(channel_id=channel.id, actor=actor_of(request), now=timezone.now()),
        done=f"{channel.name} goes on; what waited is done now.",
    )
    return _return_to(channel)


def _return_to(channel: ChannelRow) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("channel", args=[channel.id]))
