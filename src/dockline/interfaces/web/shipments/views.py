"""The list of shipments, one shipment, and confirming by hand what a warehouse without a system shipped."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.channels import queries as channels
from dockline.domain.channels.rules import ChannelId
from dockline.domain.exchanges import queries as exchanges
from dockline.domain.history import queries as history
from dockline.domain.issues import queries as issues
from dockline.domain.shipments import listing
from dockline.domain.shipments.listing import NEEDS_A_PERSON, ShipmentFilter, ShipmentRow
from dockline.domain.shipments.rules import ShipmentId, ShipmentStatus
from dockline.flows.outbound import record
from dockline.interfaces.web.issues.repairs import offer_repairs
from dockline.interfaces.web.orders.timeline import make_timeline
from dockline.interfaces.web.parts.answer import actor_of, answer, wants_fragment
from dockline.interfaces.web.parts.asked import number_in, page_of, text_in
from dockline.interfaces.web.parts.scope import scope_of
from dockline.interfaces.web.shipments.forms import ConfirmForm
from dockline.kit.errors import NotFound, Problem

BY_HAND = "manual"
TABS = (
    ("", "All"),
    (ShipmentStatus.READY.value, "Ready to send"),
    (ShipmentStatus.SENT.value, "Sent to warehouse"),
    (NEEDS_A_PERSON, "Needs a person"),
    (ShipmentStatus.SHIPPED.value, "Shipped"),
    (ShipmentStatus.SHORT_SHIPPED.value, "Short shipped"),
    (ShipmentStatus.CANCELLED.value, "Cancelled"),
)


def list_shipments(request: HttpRequest) -> HttpResponse:
    """List shipments, newest first."""
    scope = scope_of(request)
    channel_id = number_in(request, "channel")
    text = text_in(request, "q")
    wanted = ShipmentFilter(scope.account_id, None if channel_id is None else ChannelId(channel_id), text)
    counts = listing.count_shipments_by_tab(wanted)
    tab = text_in(request, "status") if text_in(request, "status") in dict(TABS) else ""
    page = page_of(request, total=counts.get(tab, 0))

    context = {
        "rows": listing.list_shipments(wanted, tab=tab, offset=page.offset, limit=page.size),
        "page": page,
        "tabs": [(key, label, counts.get(key, 0)) for key, label in TABS],
        "tab": tab,
        "text": text,
        "channel_id": channel_id,
        "is_filtered": bool(text or channel_id or tab),
        "channels": () if wants_fragment(request) else channels.list_channels(account_id=scope.account_id),
    }
    return answer(request, "shipments/list", context)


def show_shipment(request: HttpRequest, shipment_id: int) -> HttpResponse:
    """Show one shipment; one that is worked by hand can be confirmed here."""
    shipment = _get(shipment_id)
    form = ConfirmForm(None, lines=shipment.lines) if _may_confirm(shipment) else None
    return _show(request, shipment, form)


@require_POST
def confirm_shipment(request: HttpRequest, shipment_id: int) -> HttpResponse:
    """Book what the warehouse shipped, as a person entered it."""
    shipment = _get(shipment_id)
    if shipment.connector != BY_HAND:
        raise Http404("This warehouse reports by itself what it shipped.")
    form = ConfirmForm(request.POST, lines=shipment.lines)
    if form.is_valid() and _confirm(request, shipment, form):
        messages.success(request, f"{shipment.reference} is confirmed as shipped.")
        return HttpResponseRedirect(reverse("shipment", args=[shipment.id]))
    return _show(request, shipment, form, status=422)


def _confirm(request: HttpRequest, shipment: ShipmentRow, form: ConfirmForm) -> bool:
    parcel = form.cleaned_data
    try:
        record.confirm_by_hand(
            shipment_id=shipment.id,
            shipped=form.shipped(),
            carrier=parcel["carrier"],
            service=parcel["service"],
            tracking_number=parcel["tracking_number"],
            tracking_url=parcel["tracking_url"],
            actor=actor_of(request),
            now=timezone.now(),
        )
    except Problem as problem:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return False
    return True


def _show(request: HttpRequest, shipment: ShipmentRow, form: ConfirmForm | None, *, status: int = 200) -> HttpResponse:
    subjects = [("shipment", int(shipment.id))]
    events = history.list_events(subjects=subjects)
    sent = exchanges.list_exchanges_of("shipment", subject_ids=[shipment.id])
    context = {
        "shipment": shipment,
        "form": form,
        "problems": [(problem, offer_repairs(problem)) for problem in issues.list_issues_of(subjects)],
        "timeline": make_timeline(events, sent),
    }
    return answer(request, "shipments/detail", context, status=status)


def _get(shipment_id: int) -> ShipmentRow:
    try:
        return listing.get_shipment(ShipmentId(shipment_id))
    except NotFound as problem:
        raise Http404(problem.message) from None


def _may_confirm(shipment: ShipmentRow) -> bool:
    return shipment.connector == BY_HAND and shipment.status == ShipmentStatus.SENT
