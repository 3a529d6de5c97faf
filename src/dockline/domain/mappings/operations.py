"""Note that mappings are used. Changing them goes through `drafts`."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from dockline.domain.mappings.models import CarrierMapping, ReferenceMapping, SkuMapping

NOTED_EVERY = timedelta(days=1)


def note_carriers_used(mapping_ids: Iterable[int], *, now: datetime) -> None:
    """Note that these rows were used today."""
    CarrierMapping.objects.filter(_long_ago(now), id__in=set(mapping_ids)).update(used_at=now)


def note_skus_used(channel_id: int, *, variant_ids: Iterable[int], now: datetime) -> None:
    """Note that the channel SKUs of these variants were used today."""
    SkuMapping.objects.filter(_long_ago(now), channel_id=channel_id, variant_id__in=set(variant_ids)).update(
        used_at=now
    )


def note_references_used(channel_id: int, *, codes: Mapping[str, Iterable[str]], now: datetime) -> None:
    """Note that these references, by object, were used today."""
    for place, names in codes.items():
        rows = ReferenceMapping.objects.filter(_long_ago(now), channel_id=channel_id, object=place)
        rows.filter(code__in=set(names)).update(used_at=now)


def _long_ago(now: datetime) -> Q:
    # Once a day is enough to tell what is never used, and costs nothing while orders fly.
    return Q(used_at__isnull=True) | Q(used_at__lt=now - NOTED_EVERY)
