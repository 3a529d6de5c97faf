"""The three views of a channel that hold its settings: Main, Advanced, Channel Settings."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from dockline.connectors.contract.settings import describe_settings
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.history import queries as history
from dockline.flows import backfill, channel_options, connection, credentials
from dockline.flows.changes import Change
from dockline.flows.channel_options import AdvancedOptions, MainOptions, Options
from dockline.interfaces.web.channels import held, locks
from dockline.interfaces.web.channels.automations import automations_of
from dockline.interfaces.web.channels.page import VIEWS, channel_page, get_channel
from dockline.interfaces.web.channels.webhooks import webhooks_of
from dockline.interfaces.web.parts.answer import actor_of, wants_fragment
from dockline.interfaces.web.parts.settings_form import SettingsForm
from dockline.kit.errors import ChangedMeanwhile, InvalidFields, Problem

Save = Callable[[dict[str, str], int], list[Change]]
Check = Callable[[dict[str, str]], object]


def show_main(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show and change what a channel is called and what starts its automations."""
    channel = get_channel(channel_id)
    page = webhooks_of(request, channel)
    locked = {} if page.is_heeded or not page.refusal else {"automation_mode": page.refusal}
    return _edit_options(
        request, channel, "main", MainOptions, automations_of(channel) | {"webhooks": page}, locked=locked
    )


def show_advanced(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show and change how a channel is used."""
    channel = get_channel(channel_id)
    more = {"backfill_days": backfill.USUAL_DAYS if channel.connection.pass_lots else 0}
    return _edit_options(request, channel, "advanced", AdvancedOptions, more, locked=locks.locks_of(channel))


def show_settings(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show and change how a channel reaches the far side; what it would reach is tested before it is saved."""
    channel = get_channel(channel_id)
    spec = connection.describe_connector(channel.connector)
    key = f"channel:{channel.id}"
    posted = with_offer_taken(request.POST) if request.method == "POST" else None
    form = SettingsForm(
        describe_settings(spec.settings),
        channel.settings,
        posted=posted,
        notes={name: _note(channel, name) for name in channel.secret_names},
    )
    confirmed = list(channel.confirmations) if posted is None else posted.getlist("confirm")
    context: dict[str, Any] = {
        "spec": spec,
        "confirmations": [
            (one, one.key in confirmed, channel.confirmations.get(one.key)) for one in spec.confirmations
        ],
    }
    if posted is None:
        held.drop(request)
        return channel_page(request, channel, "settings", context | {"form": form})

    entered = form.changed()
    address = credentials.find_address(spec, {**channel.settings, **entered})
    held.hold(request, key, address, {name: entered[name] for name in spec.settings.secret_names() if name in entered})
    values = entered | held.recall(request, key, address)
    if "test" in posted or "take" in posted:
        return _test(request, channel, form, values, confirmed, context)
    if "preview" not in posted and "anyway" not in posted and values:
        try:
            report = connection.test_values(channel.id, values=values, confirmed=confirmed)
        except Problem:
            report = None
        if report is not None and not report.passed:
            return _show_report(request, channel, form, report, context | {"may_save_anyway": True}, status=422)

    def save(_: dict[str, str], version: int) -> list[Change]:
        found = connection.change_values(
            channel.id,
            values=values,
            confirmed=confirmed,
            version=version,
            actor=actor_of(request),
            now=timezone.now(),
        )
        held.drop(request)
        return found

    def check(_: dict[str, str]) -> None:
        connection.read_values(channel.id, values=values)

    return _edit(request, channel, "settings", form, check=check, save=save, context=context)


def with_offer_taken(posted: QueryDict) -> QueryDict:
    """Put a value that the far side does have where the button says."""
    field, _, value = posted.get("take", "").partition("=")
    if not field:
        return posted
    taken = posted.copy()
    taken[field] = value
    return taken


def _test(
    request: HttpRequest,
    channel: ChannelRow,
    form: SettingsForm,
    values: Mapping[str, str],
    confirmed: list[str],
    context: dict[str, Any],
) -> HttpResponse:
    """Test what was entered, not what is stored."""
    try:
        report = connection.test_values(channel.id, values=values, confirmed=confirmed)
    except InvalidFields as error:
        rest = form.mark(error.problems)
        if wants_fragment(request):
            return render(request, "channels/_test.html", {"test_problem": error.message})
        return channel_page(request, channel, "settings", context | {"form": form, "rest": rest}, status=422)
    return _show_report(request, channel, form, report, context)


def _show_report(
    request: HttpRequest,
    channel: ChannelRow,
    form: SettingsForm,
    report: Any,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    form.mark({step.field: step.detail for step in report.steps if step.passed is False and step.field})
    context = context | {"form": form, "report": report, "would_change": form.list_changes()}
    if wants_fragment(request):
        return render(request, "channels/_test.html", context)
    return channel_page(request, channel, "settings", context, status=status)


def _edit_options(
    request: HttpRequest,
    channel: ChannelRow,
    view: str,
    options: type[Options],
    context: dict[str, Any],
    *,
    locked: Mapping[str, str],
) -> HttpResponse:
    stored = channel_options.values_of(channel.columns, options)
    form = SettingsForm(
        locks.offered_of(channel, describe_settings(options)),
        stored,
        posted=request.POST if request.method == "POST" else None,
        locked=locked,
        examples=locks.examples_of(channel),
    )

    def save(changed: dict[str, str], version: int) -> list[Change]:
        chosen = connection.read_options(options, {**stored, **changed})
        return connection.change_options(
            channel.id, chosen, version=version, actor=actor_of(request), now=timezone.now()
        )

    def check(changed: dict[str, str]) -> object:
        return connection.read_options(options, {**stored, **changed})

    return _edit(request, channel, view, form, check=check, save=save, context=context)


def _edit(
    request: HttpRequest,
    channel: ChannelRow,
    view: str,
    form: SettingsForm,
    *,
    check: Check,
    save: Save,
    context: dict[str, Any],
) -> HttpResponse:
    """Show a form, preview what it would change, or save it."""
    if request.method != "POST":
        return channel_page(request, channel, view, context | {"form": form})
    if "preview" in request.POST:
        return _preview(request, channel, view, form, check, context)
    status, more = 422, {}
    try:
        found = save(form.changed(), _version(request, channel))
    except ChangedMeanwhile:
        status, more, channel = 409, *_meanwhile(request, channel, form)
    except InvalidFields as error:
        more = {"rest": form.mark(error.problems)}
    except Problem as error:
        more = {"rest": form.mark({error.field: error.message})}
    else:
        _tell(request, found)
        return HttpResponseRedirect(reverse(VIEWS[view].name, args=[channel.id]))
    context = context | more | {"form": form, "would_change": form.list_changes()}
    return channel_page(request, channel, view, context, status=status)


def _preview(
    request: HttpRequest, channel: ChannelRow, view: str, form: SettingsForm, check: Check, context: dict[str, Any]
) -> HttpResponse:
    problems: dict[str, str] = {}
    changed = form.changed()
    try:
        if changed:
            check(changed)
    except InvalidFields as error:
        problems = error.problems
    except Problem as error:
        problems = {error.field: error.message}
    titles = {one.name: one.setting.title for one in form.controls}
    said = {
        "problems_found": [f"{titles.get(name, name)}: {words}" for name, words in problems.items()],
        "would_change": form.list_changes(),
    }
    if wants_fragment(request):
        return render(request, "parts/_diff.html", said)
    form.mark(problems)
    return channel_page(request, channel, view, context | said | {"form": form})


def _meanwhile(request: HttpRequest, channel: ChannelRow, form: SettingsForm) -> tuple[dict[str, Any], ChannelRow]:
    """Tell what somebody else changed, and put it where this person changed nothing."""
    since = history.list_events_since(("channel", channel.id), version=_version(request, channel))
    form.rebase({**channel.settings, **_all_options(channel)})
    return {"meanwhile": since}, channel


def _all_options(channel: ChannelRow) -> dict[str, Any]:
    both = (channel_options.values_of(channel.columns, options) for options in (MainOptions, AdvancedOptions))
    return {name: value for values in both for name, value in values.items()}


def _version(request: HttpRequest, channel: ChannelRow) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else channel.version


def _tell(request: HttpRequest, found: list[Change]) -> None:
    if found:
        words = "; ".join(f"{change.label}: {change.after or 'empty'}" for change in found)
        messages.success(request, f"Saved. {words}."[:300])
    else:
        messages.info(request, "Nothing was changed.")


def _note(channel: ChannelRow, name: str) -> dict[str, Any]:
    note = dict(channel.secret_notes.get(name, {}))
    return {"stored": True, **note, "when": datetime.fromisoformat(note["at"]) if note.get("at") else None}
