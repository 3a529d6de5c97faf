"""One channel as a page: a head with quick actions, a strip of six views, and the view in between.

A view brings its own part of the context and is drawn by `channel_page`; the rest is the same for all six.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ChannelId, ChannelState
from dockline.domain.history import queries as history
from dockline.domain.issues import queries as issues
from dockline.domain.runs import queries as runs
from dockline.domain.shipments import listing
from dockline.flows import connection, sync
from dockline.flows.sync import SyncOffer
from dockline.interfaces.web.issues.repairs import offer_repairs
from dockline.interfaces.web.parts.answer import answer
from dockline.kit.errors import NotFound, Problem

LATEST = 14
LATEST_CHANGES = 10


@dataclass(frozen=True)
class View:
    """One of the six. `name` is that of its address; a wide view has no column beside it."""

    key: str
    label: str
    name: str
    template: str
    is_wide: bool = False


VIEWS = {
    view.key: view
    for view in (
        View("main", "Main", "channel", "channels/main.html"),
        View("advanced", "Advanced", "channel-advanced", "channels/advanced.html"),
        View("settings", "Channel Settings", "channel-settings", "channels/settings.html"),
        View("carriers", "Carrier Mappings", "channel-carriers", "mappings/carriers.html", is_wide=True),
        View("skus", "SKU Mappings", "channel-skus", "mappings/skus.html", is_wide=True),
        View("references", "Reference Mappings", "channel-references", "mappings/references.html", is_wide=True),
    )
}


def channel_page(
    request: HttpRequest, channel: ChannelRow, view: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Draw a view of a channel inside the page that all six share.

    A context with `unmapped`, counts by view, shows them on the strip. Views with settings show the History part;
    one that has none says `history: None`.
    """
    shown = VIEWS[view]
    unmapped = context.get("unmapped", {})
    shared: dict[str, Any] = {
        "channel": channel,
        "connector_label": connector_label(channel.connector),
        "view": shown,
        "views": [(one, reverse(one.name, args=[channel.id]), unmapped.get(one.key, 0)) for one in VIEWS.values()],
        "syncs": _syncs(channel),
        "problems": [
            (problem, offer_repairs(problem)) for problem in issues.list_issues_of([("channel", int(channel.id))])
        ],
        "is_paused": channel.state == ChannelState.PAUSED,
        "is_disabled": channel.state == ChannelState.DISABLED,
    }
    if not shown.is_wide:
        shared["waiting"] = listing.count_waiting_by_channel([channel.id]).get(channel.id, 0)
        shared["recent"] = runs.list_runs(account_id=None, channel_id=channel.id, limit=LATEST)
    if "history" not in context:
        shared["history"] = history.list_latest_events(("channel", channel.id), limit=LATEST_CHANGES)
    return answer(request, "channels/page", shared | dict(context), status=status)


def get_channel(channel_id: int) -> ChannelRow:
    """Return the channel of an address, or answer that there is none."""
    try:
        return channels.get_channel(ChannelId(channel_id))
    except NotFound as problem:
        raise Http404(problem.message) from None


def connector_label(key: str) -> str:
    """Name a connector, even one that is no longer installed."""
    try:
        return connection.describe_connector(key).label
    except Problem:
        return key


def _syncs(channel: ChannelRow) -> list[SyncOffer]:
    """Each action of the menu; what is refused stays visible, with the reason."""
    try:
        return sync.list_syncs(channel.connection)
    except Problem:
        return []
