"""Open issues by cause, and the buttons that repair them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.issues import queries as issues
from dockline.domain.issues.queries import IssueRow
from dockline.flows import channel_life, connection
from dockline.flows.inbound import cancel as inbound_cancel
from dockline.flows.inbound import repair as inbound_repair
from dockline.flows.inventory import held
from dockline.flows.outbound import advance, cancel, change, on_hold, repair
from dockline.interfaces.web.issues.repairs import REPAIRS, offer_repairs
from dockline.interfaces.web.parts.answer import act, actor_of, answer, back
from dockline.interfaces.web.parts.asked import page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.kit.errors import NotFound

EACH = 5


def list_issues(request: HttpRequest) -> HttpResponse:
    """List open issues grouped by cause; of one cause, page by page."""
    account_id = scope_of(request).account_id
    groups = issues.list_issue_groups(account_id)
    known = {group.cause for group in groups}
    cause = text_in(request, "cause") if text_in(request, "cause") in known else ""
    shown = [group for group in groups if cause in ("", group.cause)]
    page = page_of(request, total=sum(group.count for group in shown))

    found = [
        issues.list_open_issues(
            account_id=account_id,
            cause=group.cause,
            offset=page.offset if cause else 0,
            limit=page.size if cause else EACH,
        )
        for group in shown
    ]
    context = {
        "groups": groups,
        "cause": cause,
        "total": sum(group.count for group in groups),
        "page": page,
        "shown": [
            (group, [(issue, offer_repairs(issue)) for issue in rows], group.count - len(rows))
            for group, rows in zip(shown, found, strict=True)
        ],
    }
    return answer(request, "issues/list", context)


@require_POST
def repair_issue(request: HttpRequest, issue_id: int, name: str) -> HttpResponse:
    """Do what the button on an issue says."""
    if name not in REPAIRS:
        raise Http404("There is no such repair.")
    try:
        issue = issues.get_issue(issue_id)
    except NotFound as problem:
        raise Http404(problem.message) from None
    act(request, lambda: _repair(issue, name, actor=actor_of(request)), done=REPAIRS[name].done)
    return back(request, "issues")


def _repair(issue: IssueRow, name: str, *, actor: str) -> None:
    now = timezone.now()
    match name, issue.subject_kind:
        case "send-again", "shipment":
            repair.send_again(shipment_id=issue.subject_id, actor=actor, now=now)
        case "accept", "shipment":
            repair.accept_as_is(shipment_id=issue.subject_id, actor=actor, now=now)
        case "look-there", "shipment":
            repair.look_there(shipment_id=issue.subject_id, actor=actor, now=now)
        case "send-again", "purchase":
            inbound_repair.send_again(order_id=issue.subject_id, actor=actor, now=now)
        case "accept", "purchase":
            inbound_repair.accept_as_is(order_id=issue.subject_id, actor=actor, now=now)
        case "look-there", "purchase":
            inbound_repair.look_there(order_id=issue.subject_id, actor=actor, now=now)
        case "close-short", "purchase":
            inbound_repair.close_short(order_id=issue.subject_id, actor=actor, now=now)
        case "ask-cancel", "shipment":
            cancel.ask_again(shipment_id=issue.subject_id, actor=actor, now=now)
        case "ask-cancel", "purchase":
            inbound_cancel.ask_to_cancel(order_id=issue.subject_id, actor=actor, now=now)
        case "allocate", "order":
            advance.look_again(order_id=issue.subject_id, actor=actor, now=now)
        case "take-off-hold", "order":
            on_hold.take_off_hold(order_id=issue.subject_id, actor=actor, now=now)
        case "ask-change", "order":
            change.ask_again(order_id=issue.subject_id, actor=actor, now=now)
        case "resume", "channel":
            connection.resume_channel(channel_id=issue.subject_id, actor=actor, now=now)
        case "restore", "channel":
            channel_life.restore_channel(channel_id=issue.subject_id, actor=actor, now=now)
        case "accept-report", "channel":
            held.accept_report(channel_id=issue.subject_id, actor=actor, now=now)
        case "discard-report", "channel":
            held.discard_report(channel_id=issue.subject_id, actor=actor, now=now)
        case "dismiss", _:
            repair.dismiss_issue(issue_id=issue.id, actor=actor, now=now)
        case _:
            raise NotFound("This does not repair that.")
