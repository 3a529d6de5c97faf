"""Keep what a sweep found, and end what is no longer so."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F

from dockline.domain.sweeps.models import Finding, Sweep
from dockline.domain.sweeps.rules import Found


def begin_sweep(channel_id: int, *, since: datetime, is_wide: bool, now: datetime) -> int:
    """Begin to compare and return the sweep's id."""
    return Sweep.objects.create(channel_id=channel_id, since=since, is_wide=is_wide, started_at=now).pk


def keep_page(
    sweep_id: int, *, channel_id: int, found: Sequence[Found], orders: int, foreign: int, highest: int, now: datetime
) -> None:
    """Keep what a page has shown; a difference that is known is seen by the newer sweep and takes its words."""
    Finding.objects.bulk_create(
        [
            Finding(
                channel_id=channel_id,
                sweep_id=sweep_id,
                kind=one.kind,
                reference=one.reference[:100],
                external_id=one.external_id[:100],
                shipment_id=one.shipment_id,
                sentence=one.sentence,
                found_at=now,
            )
            for one in found
        ],
        ignore_conflicts=True,
    )
    for one in found:
        Finding.objects.filter(
            channel_id=channel_id,
            kind=one.kind,
            reference=one.reference[:100],
            external_id=one.external_id[:100],
            resolved_at__isnull=True,
        ).update(sweep_id=sweep_id, shipment_id=one.shipment_id, sentence=one.sentence)
    Sweep.objects.filter(pk=sweep_id, highest_id__lt=highest).update(highest_id=highest)
    Sweep.objects.filter(pk=sweep_id).update(orders_there=F("orders_there") + orders, foreign=F("foreign") + foreign)


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
