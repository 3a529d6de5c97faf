"""Keep what a sweep found, and end what is no longer so."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest

from dockline.domain.sweeps.models import Finding, Sweep
from dockline.domain.sweeps.rules import Compared


def begin_sweep(channel_id: int, *, since: datetime, is_wide: bool, now: datetime) -> int:
    """Begin to compare and return the sweep's id."""
    return Sweep.objects.create(channel_id=channel_id, since=since, is_wide=is_wide, started_at=now).pk


def keep_page(sweep_id: int, *, channel_id: int, page: Compared, now: datetime) -> None:
    """Keep what a page has shown; a difference that is known is seen by the newer sweep and takes its words."""
    Finding.objects.bulk_create(
        [
            Finding(
                channel_id=channel_id,
                sweep_id=sweep_id,
                kind=one.kind,
                reference=one.reference[:100],
                external_id=one.external_id[:100],
                shipment_id=None if one.is_purchase else one.subject_id,
                is_purchase=one.is_purchase,
                purchase_id=one.subject_id if one.is_purchase else None,
                sentence=one.sentence,
                found_at=now,
            )
            for one in page.found
        ],
        ignore_conflicts=True,
    )
    for one in page.found:
        Finding.objects.filter(
            channel_id=channel_id,
            kind=one.kind,
            reference=one.reference[:100],
            external_id=one.external_id[:100],
            resolved_at__isnull=True,
        ).update(
            sweep_id=sweep_id,
            shipment_id=None if one.is_purchase else one.subject_id,
            is_purchase=one.is_purchase,
            purchase_id=one.subject_id if one.is_purchase else None,
            sentence=one.sentence,
        )
    sweep = Sweep.objects.filter(pk=sweep_id)
    if page.is_purchase:
        sweep.update(
            purchases_there=F("purchases_there") + page.there,
            foreign_purchases=F("foreign_purchases") + page.foreign,
        )
    else:
        sweep.update(
            orders_there=F("orders_there") + page.there,
            foreign=F("foreign") + page.foreign,
            highest_id=Greatest("highest_id", page.highest),
        )


def finish_sweep(sweep_id: int, *, now: datetime) -> int:
    """End a sweep that has read everything; what it did not see any more is over. Returns how many were ended.

    A sweep over a short time says nothing of differences that an earlier, wider one has found: only what was found
    since the moment it looks back to is ended.
    """
    sweep = Sweep.objects.get(pk=sweep_id)
    Sweep.objects.filter(pk=sweep_id).update(finished_at=now)
    gone = Finding.objects.filter(channel_id=sweep.channel_id, resolved_at__isnull=True, sweep_id__lt=sweep_id)
    if not sweep.is_wide:
        gone = gone.filter(found_at__gte=sweep.since)
    return gone.update(resolved_at=now, resolved_by="a later sweep")


def resolve_findings(finding_ids: Iterable[int], *, by: str, now: datetime) -> int:
    """End open differences that somebody has settled or says are right. Returns how many there were."""
    open_ones = Finding.objects.filter(pk__in=list(finding_ids), resolved_at__isnull=True)
    return open_ones.update(resolved_at=now, resolved_by=by[:100])
