"""The channels, one channel, and what may be asked of it: a sync, a test of the connection, going on."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.connectors.contract.notices import CheckReport
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ChannelId, ChannelState
from dockline.domain.issues import queries as issues
from dockline.domain.runs import queries as runs
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments import listing
from dockline.flows import connection, job_names, sync
from dockline.interfaces.web.issues.repairs import offer_repairs
from dockline.interfaces.web.parts.answer import act, actor_of, answer
from dockline.interfaces.web.parts.asked import text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound, Problem

SYNCS = (
    RunKind.EXPORT_SHIPMENTS,
    RunKind.RECEIVE_SHIPMENTS,
    RunKind.RECEIVE_INVENTORY,
    RunKind.EXPORT_PRODUCTS,
)
LATEST = 14


def list_channels(request: HttpRequest) -> HttpResponse:
    """List channels with their health and latest runs."""
    text = text_in(request, "q")
    rows = channels.list_channels(account_id=scope_of(request).account_id, text=text)
    recent = runs.list_recent_runs([row.id for row in rows], each=LATEST)
    waiting = listing.count_waiting_by_channel([row.id for row in rows])
    labels = {key: _label(key) for key in {row.connector for row in rows}}
    context = {
        "rows": [(row, labels[row.connector], recent.get(row.id, ()), waiting.get(row.id, 0)) for row in rows],
        "text": text,
        "is_filtered": bool(text),
    }
    return answer(request, "channels/list", context)


def show_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show one channel."""
    return answer(request, "channels/detail", _facts(_get(channel_id)))


@require_POST
def start_sync(request: HttpRequest, channel_id: int, kind: str) -> HttpResponse:
    """Ask for a sync; its run appears among the sync runs."""
    channel = _get(channel_id)
    if kind not in set(RunKind):
        raise Http404("There is no such sync.")
    act(
        request,
        lambda: sync.ask_sync(channel_id=channel.id, kind=RunKind(kind), actor=actor_of(request), now=timezone.now()),
        done=f"{RunKind(kind).label}: asked for. It appears among the runs as soon as it starts.",
    )
    return _return_to(channel)


@require_POST
def test_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Go through the connection step by step and show the checklist."""
    channel = _get(channel_id)
    report: CheckReport | None = None
    problem = ""
    try:
        report = connection.test_connection(channel_id=channel.id)
    except Problem as error:
        problem = error.message
    context = _facts(channel) | {"report": report, "test_problem": problem}
    return answer(request, "channels/test", context)


@require_POST
def resume_channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Let a paused channel go on."""
    channel = _get(channel_id)
    act(
        request,
        lambda: connection.resume_channel(channel_id=channel.id, actor=actor_of(request), now=timezone.now()),
        done=f"{channel.name} goes on; what waited is done now.",
    )
    return _return_to(channel)


def _facts(channel: ChannelRow) -> dict[str, Any]:
    problems = issues.list_issues_of([("channel", int(channel.id))])
    return {
        "channel": channel,
        "connector_label": _label(channel.connector),
        "settings": _settings(channel),
        "syncs": _syncs(channel),
        "schedules": [(_job_label(row.job), row) for row in channels.list_schedules(channel.id)],
        "recent": runs.list_runs(account_id=None, channel_id=channel.id, limit=LATEST),
        "waiting": listing.count_waiting_by_channel([channel.id]).get(channel.id, 0),
        "problems": [(problem, offer_repairs(problem)) for problem in problems],
        "is_paused": channel.state == ChannelState.PAUSED,
    }


def _syncs(channel: ChannelRow) -> list[tuple[str, str, bool]]:
    """Each sync with its words and whether the connector can do it; what it cannot stays visible."""
    try:
        offered = connection.list_sync_kinds(channel.connector)
    except Problem:
        offered = []
    return [(kind.value, kind.label, kind in offered) for kind in SYNCS]


def _settings(channel: ChannelRow) -> list[tuple[str, str, bool]]:
    plain = [(_words(name), str(value), False) for name, value in channel.settings.items() if value not in (None, "")]
    return plain + [(_words(name), "", True) for name in channel.secret_names]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize().replace("Api url", "API URL").replace(" id", " ID")


def _label(key: str) -> str:
    try:
        return connection.describe_connector(key).label
    except Problem:
        return key


def _job_label(job: str) -> str:
    return next((kind.label for kind, name in job_names.OF_RUN_KIND.items() if name == job), job)


def _get(channel_id: int) -> ChannelRow:
    try:
        return channels.get_channel(ChannelId(channel_id))
    except NotFound as problem:
        raise Http404(problem.message) from None


def _return_to(channel: ChannelRow) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("channel", args=[channel.id]))
