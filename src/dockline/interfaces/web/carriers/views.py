"""The carriers master list: carriers and services by code, added, renamed, removed, imported, exported."""

import io
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.accounts.rules import AccountId
from dockline.domain.carriers import queries as carriers
from dockline.domain.carriers.operations import BadLines, Merged
from dockline.domain.carriers.rules import COLUMNS, LONGEST_CODE, LONGEST_NAME
from dockline.domain.history import queries as history
from dockline.flows import mappings
from dockline.interfaces.web.parts.answer import act, actor_of, answer
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import Problem
from dockline.kit.sheet import SheetRow, read_sheet, write_sheet

LONGEST = (LONGEST_CODE, LONGEST_NAME, LONGEST_CODE, LONGEST_NAME)
MOST_ROWS = 20_000
LATEST_CHANGES = 10


def edit_carriers(request: HttpRequest) -> HttpResponse:
    """Show the list; save a name, add a line, or take one away."""
    account_id = _account(request)
    if request.method != "POST" or account_id is None:
        return _draw(request, account_id)
    remove = request.POST.get("remove", "")
    if remove:
        carrier, _, service = remove.partition("-")
        act(request, lambda: _remove(carrier, service, actor=actor_of(request)), done="It is off the list.")
        return HttpResponseRedirect(request.get_full_path())
    cells = tuple(request.POST.get(column, "").replace("\0", "")[:500] for column in COLUMNS)
    try:
        merged = _merge(account_id, [SheetRow(1, cells)], request)
    except Problem as problem:
        return _draw(request, account_id, problem=problem.message.removeprefix("Row 1: "), entered=cells, status=422)
    messages.success(request, _tell(merged))
    return HttpResponseRedirect(request.get_full_path())


@require_POST
def import_carriers(request: HttpRequest) -> HttpResponse:
    """Add or update carriers and services of a file by code; nothing is deleted."""
    account_id = _account(request)
    uploaded, pasted = request.FILES.get("file"), request.POST.get("pasted", "")
    if account_id is None or (uploaded is None and not pasted.strip()):
        return _draw(request, account_id, problem="Choose a file, or paste some rows.", status=422)
    stream = cast(BinaryIO, uploaded.file) if uploaded else io.BytesIO(pasted.encode("utf-8", "replace"))
    is_trial = bool(request.POST.get("trial"))
    try:
        rows = read_sheet(stream, COLUMNS, longest=LONGEST, most_rows=MOST_ROWS, needs_header=uploaded is not None)
        merged = _merge(account_id, rows, request, is_trial=is_trial)
    except BadLines as bad:
        troubles = [(at, trouble.field, trouble.reason) for at, trouble in bad.troubles.items()]
        return _draw(request, account_id, problem=bad.message, troubles=troubles[:200], status=422)
    except Problem as problem:
        return _draw(request, account_id, problem=problem.message, status=422)
    if is_trial:
        return _draw(request, account_id, trial=_tell(merged), pasted=pasted)
    messages.success(request, _tell(merged))
    return HttpResponseRedirect(reverse("carriers"))


def export_carriers(request: HttpRequest) -> HttpResponse:
    """Give the whole list as a file that imports again to exactly the same."""
    account_id = _account(request)
    lines = mappings.list_carrier_lines(account_id) if account_id is not None else iter(())
    cells = ((line.carrier, line.carrier_name, line.service, line.service_name) for line in lines)
    response = HttpResponse(b"".join(write_sheet(COLUMNS, cells)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="carriers.csv"'
    return response


def _draw(request: HttpRequest, account_id: AccountId | None, *, status: int = 200, **more: object) -> HttpResponse:
    text = text_in(request, "q")
    page = page_of(
        request, total=0 if account_id is None else carriers.count_carriers(account_id=account_id, text=text)
    )
    context: dict[str, object] = {
        "account_id": account_id,
        "text": text,
        "page": page,
        "columns": COLUMNS,
        "is_filtered": bool(text),
        "rows": ()
        if account_id is None
        else carriers.list_carriers(account_id=account_id, text=text, offset=page.offset, limit=page.size),
        "changes": ()
        if account_id is None
        else history.list_latest_events(("carriers", account_id), limit=LATEST_CHANGES),
        **more,
    }
    return answer(request, "carriers/list", context, status=status)


def _account(request: HttpRequest) -> AccountId | None:
    """The account whose list it is: the chosen one, or the only one."""
    scope = scope_of(request)
    if scope.account_id is None and len(scope.accounts) == 1:
        return scope.accounts[0].id
    return scope.account_id


def _merge(account_id: AccountId, rows: object, request: HttpRequest, *, is_trial: bool = False) -> Merged:
    return mappings.merge_carriers(
        account_id,
        rows,  # type: ignore[arg-type]
        dry_run=is_trial,
        actor=actor_of(request),
        now=timezone.now(),
    )


def _remove(carrier: str, service: str, *, actor: str) -> None:
    now = timezone.now()
    if service:
        mappings.remove_service(_number(carrier), _number(service), actor=actor, now=now)
    else:
        mappings.remove_carrier(_number(carrier), actor=actor, now=now)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _tell(merged: Merged) -> str:
    return f"{merged.added:,} added, {merged.renamed:,} renamed, {merged.same:,} already so."
