"""What is asked about sweeps and their findings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from dockline.domain.accounts.rules import AccountId
from dockline.domain.dispatches.rules import DispatchState
from dockline.domain.sweeps.models import Finding, Sweep
from dockline.domain.sweeps.rules import Difference

_OF = ("channel", "shipment__order", "purchase")


@dataclass(frozen=True)
class SweepRow:
    """The latest sweep of a channel; without `finished_at` it goes on, or could not read everything."""

    id: int
    channel_id: int
    since: datetime
    is_wide: bool
    started_at: datetime
    finished_at: datetime | None
    orders_there: int
    foreign: int
    purchases_there: int
    foreign_purchases: int


@dataclass(frozen=True)
class FindingRow:
    """One open difference, as a person reads it; of a purchase order or of a shipment, whose order is named."""

    id: int
    channel_id: int
    channel_name: str
    kind: Difference
    reference: str
    external_id: str
    is_purchase: bool
    purchase_id: int | None
    shipment_id: int | None
    order_id: int | None
    number: str
    dispatch: DispatchState | None
    sentence: str
    found_at: datetime


def get_latest(channel_ids: Iterable[int]) -> dict[int, SweepRow]:
    """Return the newest sweep of each of these channels that has one."""
    newest = Sweep.objects.filter(channel_id__in=list(channel_ids)).order_by("channel_id", "-id").distinct("channel_id")
    return {sweep.channel_id: _sweep(sweep) for sweep in newest}


def get_last_complete(channel_ids: Iterable[int], *, is_wide: bool) -> dict[int, datetime]:
    """Return when the newest sweep of each channel began that has read everything, perhaps only of the wide ones."""
    whole = Sweep.objects.filter(channel_id__in=list(channel_ids), finished_at__isnull=False)
    whole = whole.filter(is_wide=True) if is_wide else whole
    return dict(whole.values_list("channel_id").annotate(Max("started_at")))


def get_highest_id() -> int:
    """Return the highest shipment id that any reference seen over there was made of."""
    return int(Sweep.objects.aggregate(highest=Max("highest_id"))["highest"] or 0)


def count_open_findings(account_id: AccountId | None) -> Mapping[Difference, int]:
    """Count what is not the same on both sides, by kind."""
    found = Finding.objects.filter(resolved_at__isnull=True)
    found = found if account_id is None else found.filter(channel__account_id=account_id)
    rows = found.values_list("kind").annotate(Count("id")).order_by("kind")
    return {Difference(kind): count for kind, count in rows}


def list_findings(
    *, account_id: AccountId | None, kind: str = "", offset: int = 0, limit: int = 100
) -> tuple[FindingRow, ...]:
    """List open differences, a channel's together, the oldest first."""
    found = Finding.objects.filter(resolved_at__isnull=True).select_related(*_OF)
    found = found if account_id is None else found.filter(channel__account_id=account_id)
    found = found.filter(kind=kind) if kind else found
    return tuple(_finding(one) for one in found.order_by("channel__name", "channel_id", "id")[offset : offset + limit])


def find_finding(finding_id: int) -> FindingRow | None:
    """Return one open difference, if it is still open."""
    found = Finding.objects.filter(pk=finding_id, resolved_at__isnull=True)
    one = found.select_related(*_OF).first()
    return None if one is None else _finding(one)


def list_unknown_references(channel_id: int, *, is_purchase: bool = False) -> dict[str, int]:
    """Return what is there under our mark, and no shipment or purchase order here has: open findings by reference."""
    unknown = Finding.objects.filter(
        channel_id=channel_id,
        kind=Difference.MISSING_HERE,
        shipment__isnull=True,
        purchase__isnull=True,
        is_purchase=is_purchase,
        resolved_at__isnull=True,
    )
    return dict(unknown.order_by("id").values_list("reference", "id"))


def list_references_there(shipment_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return what these shipments are called there, as far as our books do not know it: open findings by shipment."""
    found: dict[int, list[str]] = {}
    rows = Finding.objects.filter(
        shipment_id__in=list(shipment_ids), kind=Difference.MISSING_HERE, resolved_at__isnull=True
    )
    for shipment_id, reference in rows.order_by("id").values_list("shipment_id", "reference"):
        found.setdefault(int(shipment_id or 0), []).append(reference)
    return found


def _sweep(sweep: Sweep) -> SweepRow:
    return SweepRow(
        id=sweep.pk,
        channel_id=sweep.channel_id,
        since=sweep.since,
        is_wide=sweep.is_wide,
        started_at=sweep.started_at,
        finished_at=sweep.finished_at,
        orders_there=sweep.orders_there,
        foreign=sweep.foreign,
        purchases_there=sweep.purchases_there,
        foreign_purchases=sweep.foreign_purchases,
    )


def _finding(one: Finding) -> FindingRow:
    order = one.shipment.order if one.shipment is not None else None
    named = one.purchase or order
    sent = one.purchase or one.shipment
    return FindingRow(
        id=one.pk,
        channel_id=one.channel_id,
        channel_name=one.channel.name,
        kind=Difference(one.kind),
        reference=one.reference,
        external_id=one.external_id,
        is_purchase=one.is_purchase,
        purchase_id=one.purchase_id,
        shipment_id=one.shipment_id,
        order_id=order.pk if order is not None else None,
        number=named.number if named is not None else "",
        dispatch=DispatchState(sent.dispatch) if sent is not None and sent.dispatch else None,
        sentence=one.sentence,
        found_at=one.found_at,
    )
