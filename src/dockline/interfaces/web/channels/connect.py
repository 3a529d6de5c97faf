"""Connect a channel in three steps with addresses of their own: which connector, where, and its settings, tested."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.connectors.contract.notices import CheckReport
from dockline.connectors.contract.settings import describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.flows import connection, credentials, places
from dockline.flows.channel_options import MainOptions
from dockline.flows.connection import Draft
from dockline.flows.places import Place
from dockline.interfaces.web.channels import held
from dockline.interfaces.web.channels.settings import with_offer_taken
from dockline.interfaces.web.parts.answer import actor_of, wants_fragment
from dockline.interfaces.web.parts.asked import text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.interfaces.web.parts.settings_form import SettingsForm
from dockline.kit.errors import InvalidFields, Problem

NAME = describe_settings(MainOptions)[:1]


def connect(request: HttpRequest) -> HttpResponse:
    """Show the next step for what the address says already; a posted form is tested, and connected when it passes."""
    spec = _find_connector(text_in(request, "connector"))
    free = places.list_places(account_id=scope_of(request).account_id)
    place = _find_place(request, free)
    context: dict[str, Any] = {"spec": spec, "place": place, "places": free}
    if spec is None:
        return _page(request, context | {"step": 1, "connectors": connection.list_connectors()})
    if place is None:
        return _page(request, context | {"step": 2, "has_free": any(one.is_free for one in free)})
    return _settings_step(request, spec, place, context)


def _settings_step(request: HttpRequest, spec: ConnectorSpec, place: Place, context: dict[str, Any]) -> HttpResponse:
    posted = with_offer_taken(request.POST) if request.method == "POST" else None
    key = f"connect:{spec.key}:{place.account_id}:{place.warehouse_id}"
    name = SettingsForm(NAME, {"name": f"{spec.label} · {place.warehouse_name}"}, posted=posted)
    form = SettingsForm(describe_settings(spec.settings), {}, posted=posted)
    confirmed = [] if posted is None else posted.getlist("confirm")
    context |= {
        "step": 3,
        "form": form,
        "name": name,
        "confirmations": [(one, one.key in confirmed, None) for one in spec.confirmations],
    }
    if posted is None:
        return _page(request, context)

    entered = form.values()
    address = credentials.find_address(spec, entered)
    held.hold(request, key, address, {one: entered[one] for one in spec.settings.secret_names()})
    context["left_behind"] = held.list_left_behind(request, key, address)
    recalled = held.recall(request, key, address)
    form.note_held(recalled)
    values = {**entered, **recalled}
    draft = Draft(place.account_id, place.warehouse_id, spec.key, name.values()["name"], values)
    return _try(request, draft, posted, confirmed, context)


def _try(
    request: HttpRequest, draft: Draft, posted: QueryDict, confirmed: list[str], context: dict[str, Any]
) -> HttpResponse:
    """Test what was entered; when it was asked for and everything passes, connect."""
    form, name = context["form"], context["name"]
    report: CheckReport | None = None
    rest: list[str] = []
    try:
        connection.read_options(MainOptions, {"name": draft.name})
        report = connection.test_draft(draft, confirmed=confirmed)
        if report.passed and "connect" in posted:
            return _connect(request, draft, report, confirmed)
    except InvalidFields as error:
        rest = name.mark({field: words for field, words in error.problems.items() if field == "name"})
        again = {field: credentials.AGAIN for field in context["left_behind"] if field in error.problems}
        rest += form.mark({field: words for field, words in (error.problems | again).items() if field != "name"})
    except Problem as error:
        rest = [error.message]
    if report is not None:
        form.mark({step.field: step.detail for step in report.steps if step.passed is False and step.field})
    if wants_fragment(request):
        problem = "; ".join([*rest, *(f"{one.setting.title}: {one.error}" for one in form.controls if one.error)])
        said = {"report": report, "test_problem": "" if report else problem}
        return render(request, "channels/_test.html", said)
    failed = report is None or not report.passed
    return _page(request, context | {"report": report, "rest": rest}, status=422 if failed else 200)


def _connect(request: HttpRequest, draft: Draft, report: CheckReport, confirmed: list[str]) -> HttpResponse:
    now = timezone.now()
    channel_id = connection.connect_channel(draft, options={}, confirmed=confirmed, actor=actor_of(request), now=now)
    connection.keep_report(channel_id, report, actor=actor_of(request), now=now)
    held.drop(request)
    messages.success(request, f"{draft.name} is connected. Look through its views, then let the first sync run.")
    return HttpResponseRedirect(reverse("channel", args=[channel_id]))


def _find_connector(key: str) -> ConnectorSpec | None:
    try:
        return connection.describe_connector(key) if key else None
    except Problem:
        return None


def _find_place(request: HttpRequest, found: list[Place]) -> Place | None:
    account_id, _, warehouse_id = text_in(request, "place").partition("-")
    return next(
        (
            one
            for one in found
            if one.is_free and (str(one.account_id), str(one.warehouse_id)) == (account_id, warehouse_id)
        ),
        None,
    )


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "channels/connect.html", context, status=status)
