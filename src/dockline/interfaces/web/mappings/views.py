"""Show and save carrier, SKU and reference mappings."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.carriers import queries as carriers
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.history import queries as history
from dockline.domain.inventory import queries as inventory
from dockline.domain.mappings import queries
from dockline.domain.mappings.queries import ALL, MAPPED, UNMAPPED, UNUSED
from dockline.domain.mappings.rules import OBJECTS, SHAPES, MappingKind, read_carrier, say_carrier
from dockline.domain.orders import queries as orders
from dockline.domain.tables.rules import ImportMode
from dockline.flows import mappings
from dockline.flows.mappings import Applied, BadEdits
from dockline.interfaces.web.channels.page import channel_page, get_channel
from dockline.interfaces.web.mappings.rows import EditorRow, pack, read_edits
from dockline.interfaces.web.parts.answer import actor_of, answer, wants_fragment
from dockline.interfaces.web.parts.asked import PAGE_SIZE, number_in, page_of, text_in
from dockline.kit.errors import Problem

TABS = ((ALL, "All"), (UNMAPPED, "Not mapped"), (UNUSED, "Never used"))
LATEST_CHANGES, ALL_CHANGES = 8, 50


def edit_mappings(request: HttpRequest, channel_id: int, kind: str) -> HttpResponse:
    """Show a view, or save what was changed in it."""
    channel = get_channel(channel_id)
    chosen = MappingKind(kind)
    if request.method == "POST":
        return _save(request, channel, chosen)
    return draw(request, channel, chosen)


@require_POST
def adopt_carrier(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Use an order's own words for its carrier and service at this channel."""
    channel = get_channel(channel_id)
    asked = (request.POST.get("carrier", "")[:100], request.POST.get("service", "")[:100])
    try:
        applied = mappings.adopt_carrier(
            channel.id, carrier=asked[0], service=asked[1], actor=actor_of(request), now=timezone.now()
        )
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, tell(applied))
    return HttpResponseRedirect(reverse("channel-carriers", args=[channel.id]))


def draw(
    request: HttpRequest,
    channel: ChannelRow,
    kind: MappingKind,
    *,
    mended: Sequence[EditorRow] = (),
    problem: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Draw a view; `mended` are rows a person has to look at again."""
    if not mappings.can_map(channel.connector, kind):
        context: dict[str, Any] = {"kind": kind, "is_offered": False, "history": None}
        return channel_page(request, channel, kind.value, context)
    context = {
        "kind": kind,
        "is_offered": True,
        "problem": problem,
        "modes": [(mode.value, mode.label) for mode in ImportMode],
        "columns": SHAPES[kind].columns,
        "history": None,
        **_rows(request, channel, kind),
        **more,
    }
    _put_back(context["rows"], mended)
    if wants_fragment(request) and not problem:
        return answer(request, f"mappings/{kind}", context, status=status)
    context |= _changes(request, channel, kind)
    if kind != MappingKind.REFERENCES:
        context["waits"] = mappings.list_waiting(channel.id)
    context["unmapped"] = {kind.value: context.get("missing", 0)}
    return channel_page(request, channel, kind.value, context, status=status)


def tell(applied: Applied) -> str:
    """Say what a change did."""
    done = "1 row is saved" if applied.changes == 1 else f"{applied.changes:,} rows are saved"
    if not applied.released:
        return f"{done}."
    word = "1 shipment goes" if applied.released == 1 else f"{applied.released:,} shipments go"
    return f"{done}; {word} on."


def _save(request: HttpRequest, channel: ChannelRow, kind: MappingKind) -> HttpResponse:
    edits, drawn = read_edits(request, kind)
    if not edits:
        messages.info(request, "Nothing was changed.")
        return HttpResponseRedirect(request.get_full_path())
    try:
        applied = mappings.save_rows(channel.id, edits, kind=kind, actor=actor_of(request), now=timezone.now())
    except BadEdits as bad:
        for at, (field, sentence) in bad.troubles.items():
            drawn[at].trouble_field, drawn[at].trouble = field, sentence
        return draw(request, channel, kind, mended=drawn, problem=bad.message, status=422)
    except Problem as problem:
        return draw(request, channel, kind, mended=drawn, problem=problem.message, status=409)
    messages.success(request, tell(applied))
    return HttpResponseRedirect(request.get_full_path())


def _rows(request: HttpRequest, channel: ChannelRow, kind: MappingKind) -> dict[str, Any]:
    text = text_in(request, "q")
    tab = text_in(request, "tab") if text_in(request, "tab") in dict(TABS) else ALL
    makers = {
        MappingKind.CARRIERS: _carrier_rows,
        MappingKind.SKUS: _sku_rows,
        MappingKind.REFERENCES: _reference_rows,
    }
    return {"text": text, "tab": tab} | makers[kind](request, channel, text, tab)


def _carrier_rows(request: HttpRequest, channel: ChannelRow, text: str, tab: str) -> dict[str, Any]:
    counts = queries.count_carrier_tabs(channel.id, account_id=channel.account_id, text=text)
    page = page_of(request, total=counts[tab])
    found = queries.list_carrier_mappings(
        channel.id, account_id=channel.account_id, text=text, tab=tab, offset=page.offset, limit=page.size
    )
    rows = []
    for number, row in enumerate(found):
        primary = "yes" if row.is_primary else "no"
        cells = (row.carrier, row.service, row.channel_carrier, row.channel_service, primary)
        label = " · ".join(filter(None, (row.carrier_name, row.service_name)))
        rows.append(EditorRow(number, cells, pack(cells) if row.id else "", label, facts={"used_at": row.used_at}))
    codes = carriers.list_codes(channel.account_id)
    if tab != UNMAPPED:
        asked = (text_in(request, "carrier"), text_in(request, "service"))
        rows.append(EditorRow(len(rows), (*asked, *asked, "no"), label="New"))
    covered = counts[MAPPED]
    expected = covered + counts[UNMAPPED]
    return {
        "rows": rows,
        "page": page,
        "tabs": [(key, word, counts[key]) for key, word in TABS],
        "missing": counts[UNMAPPED],
        "coverage": _percent(covered, expected),
        "covered": covered,
        "expected": expected,
        "carrier_codes": sorted({carrier for carrier, _ in codes}),
        "service_codes": sorted({service for _, service in codes if service}),
        "is_filtered": bool(text or tab),
        **_try_out(request, channel),
    }


def _try_out(request: HttpRequest, channel: ChannelRow) -> dict[str, Any]:
    """What would these words become, read as the channel's and read as ours?"""
    carrier, service = text_in(request, "try"), text_in(request, "try_service")
    if not carrier and not service:
        return {}
    rows = queries.list_carrier_rows(channel.id)
    return {
        "tried": (carrier, service),
        "read": read_carrier(rows, carrier, service),
        "said": say_carrier(rows, carrier, service),
    }


def _sku_rows(request: HttpRequest, channel: ChannelRow, text: str, tab: str) -> dict[str, Any]:
    asked = number_in(request, "page") or 1
    found = queries.get_sku_page(
        channel.id, account_id=channel.account_id, text=text, tab=tab, page=asked, size=PAGE_SIZE
    )
    ids = [row.variant_id for row in found.rows]
    there = inventory.get_acquaintance(channel.id, account_id=channel.account_id, variant_ids=ids)
    rows = []
    for number, row in enumerate(found.rows):
        cells = (row.sku, row.channel_sku)
        facts = {
            "used_at": row.used_at,
            "is_known": row.variant_id in there.known,
            "is_mapped": bool(row.channel_sku),
        }
        rows.append(EditorRow(number, cells, pack(cells) if row.channel_sku else "", row.name, facts=facts))
    covered = min(there.count, found.variants)
    return {
        "rows": rows,
        "page": page_of(request, total=found.counts[tab]),
        "tabs": [(key, word, found.counts[key]) for key, word in TABS],
        "near": there.near,
        "coverage": _percent(covered, found.variants),
        "covered": covered,
        "expected": found.variants,
        "is_filtered": bool(text or tab),
    }


def _reference_rows(request: HttpRequest, channel: ChannelRow, text: str, tab: str) -> dict[str, Any]:
    levels = mappings.describe_levels(channel.id)
    seen = orders.list_reference_codes(channel.account_id)
    stored = queries.list_references(channel.id)
    sections, rows, number = [], [], 0
    counts = {ALL: len(stored), UNMAPPED: 0, UNUSED: sum(row.used_at is None for row in stored)}
    for key, label in OBJECTS.items():
        level = levels.get(key)
        if level is None:
            continue
        mapped = {row.code for row in stored if row.object == key}
        loose = [code for code in seen.get(key, ()) if code not in mapped]
        counts[UNMAPPED] += len(loose)
        drawn = []
        for row in stored:
            if (
                row.object != key
                or (tab == UNUSED and row.used_at)
                or tab == UNMAPPED
                or text.lower() not in (f"{row.code} {row.property}".lower())
            ):
                continue
            place = level.find(row.property)
            cells = (row.object, row.code, row.property)
            drawn.append(EditorRow(number, cells, pack(cells), facts={"used_at": row.used_at, "place": place}))
            number += 1
        for code in loose if tab == UNMAPPED else ():
            if text.lower() in code.lower():
                drawn.append(EditorRow(number, (key, code, ""), facts={"goes": _goes(level, code)}))
                number += 1
        drawn.append(EditorRow(number, (key, "", ""), label="New"))
        number += 1
        rows += drawn
        sections.append({"key": key, "label": label, "level": level, "rows": drawn, "loose": loose})
    return {
        "rows": rows,
        "sections": sections,
        "tabs": [(key, word, counts[key]) for key, word in TABS],
        "is_filtered": bool(text or tab),
    }


def _goes(level: Any, code: str) -> str:
    name = level.custom[:-1] + code if level.custom else ""
    return name if name and level.find(name) else ""


def _changes(request: HttpRequest, channel: ChannelRow, kind: MappingKind) -> dict[str, Any]:
    """Who changed which row when, newest first: the latest, or all that a page holds."""
    limit = ALL_CHANGES if "history" in request.GET else LATEST_CHANGES
    found = history.list_latest_events((f"mapping_{kind}", channel.id), limit=limit + 1)
    return {"changes": found[:limit], "has_older": len(found) > limit == LATEST_CHANGES}


def _put_back(rows: list[EditorRow], mended: Sequence[EditorRow]) -> None:
    by_number = {row.number: row for row in rows}
    for row in mended:
        there = by_number.get(row.number)
        if there is not None:
            there.cells, there.trouble, there.trouble_field = row.cells, row.trouble, row.trouble_field


def _percent(part: int, whole: int) -> int:
    return 100 if not whole else int(100 * part / whole)


def kind_of(kind: str) -> MappingKind:
    """Read a kind from an address."""
    try:
        return MappingKind(kind)
    except ValueError:
        raise Http404("There are no such mappings.") from None
