"""What carriers, SKUs and references are called at a channel: listed, saved many at once, removed by name."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from dockline.domain.mappings import queries as mappings
from dockline.domain.mappings.rules import LONGEST, LONGEST_SKU, SHAPES, MappingKind
from dockline.flows import mapping_rows
from dockline.flows.mappings import Applied
from dockline.interfaces.api.access import actor_of, find_channel
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Asked, In, Line, Out, Page, Paging, page_of

router = Router(tags=["Mappings"])

MOST_ROWS = 5000
Code = Annotated[Line, Field(max_length=LONGEST)]
Sku = Annotated[Line, Field(max_length=LONGEST_SKU)]


class CarrierMapping(In, Out):
    """Our carrier and service in the channel's words; the primary row is the one that is sent."""

    carrier: Code
    service: Code = ""
    channel_carrier: Code
    channel_service: Code = ""
    primary: bool = False


class SkuMapping(In, Out):
    """Our SKU under another one at the channel."""

    sku: Code
    channel_sku: Sku


class ReferenceMapping(In, Out):
    """Where a reference of ours goes at the channel."""

    object: Code
    code: Code
    property: Code


class Carriers(In):
    """Carrier mappings to add or change."""

    rows: list[CarrierMapping] = Field(min_length=1, max_length=MOST_ROWS)


class Skus(In):
    """SKU mappings to add or change."""

    rows: list[SkuMapping] = Field(min_length=1, max_length=MOST_ROWS)


class References(In):
    """Reference mappings to add or change."""

    rows: list[ReferenceMapping] = Field(min_length=1, max_length=MOST_ROWS)


class CarrierName(Asked):
    """What names a carrier mapping."""

    channel_carrier: Code
    channel_service: Code = ""


class SkuName(Asked):
    """What names a SKU mapping."""

    sku: Code


class ReferenceName(Asked):
    """What names a reference mapping."""

    object: Code
    code: Code


class Saved(Out):
    """What became of the rows, and how many shipments go on because of it."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0
    released: int


@router.get("/channels/{channel_id}/mappings/carriers", response=answers(Page[CarrierMapping]))
def list_carriers(request: HttpRequest, channel_id: int, paging: Query[Paging]) -> Any:
    """List carrier mappings, by our codes."""
    return _list(request, channel_id, MappingKind.CARRIERS, paging)


@router.put("/channels/{channel_id}/mappings/carriers", response=answers(Saved))
def save_carriers(request: HttpRequest, channel_id: int, wanted: Carriers) -> Any:
    """Add and change carrier mappings, all of these or none. A row is named by the channel's carrier and service."""
    return _save(request, channel_id, MappingKind.CARRIERS, wanted.rows)


@router.api_operation(["DELETE"], "/channels/{channel_id}/mappings/carriers", response=answers(Saved))
def remove_carrier(request: HttpRequest, channel_id: int, name: Query[CarrierName]) -> Any:
    """Remove one carrier mapping."""
    return _remove(request, channel_id, MappingKind.CARRIERS, name)


@router.get("/channels/{channel_id}/mappings/skus", response=answers(Page[SkuMapping]))
def list_skus(request: HttpRequest, channel_id: int, paging: Query[Paging]) -> Any:
    """List SKU mappings, by our SKU; a SKU without one goes by its own."""
    return _list(request, channel_id, MappingKind.SKUS, paging)


@router.put("/channels/{channel_id}/mappings/skus", response=answers(Saved))
def save_skus(request: HttpRequest, channel_id: int, wanted: Skus) -> Any:
    """Add and change SKU mappings, all of these or none. A row is named by our SKU."""
    return _save(request, channel_id, MappingKind.SKUS, wanted.rows)


@router.api_operation(["DELETE"], "/channels/{channel_id}/mappings/skus", response=answers(Saved))
def remove_sku(request: HttpRequest, channel_id: int, name: Query[SkuName]) -> Any:
    """Remove one SKU mapping."""
    return _remove(request, channel_id, MappingKind.SKUS, name)


@router.get("/channels/{channel_id}/mappings/references", response=answers(Page[ReferenceMapping]))
def list_references(request: HttpRequest, channel_id: int, paging: Query[Paging]) -> Any:
    """List reference mappings, by object and code."""
    return _list(request, channel_id, MappingKind.REFERENCES, paging)


@router.put("/channels/{channel_id}/mappings/references", response=answers(Saved))
def save_references(request: HttpRequest, channel_id: int, wanted: References) -> Any:
    """Add and change reference mappings, all of these or none. A row is named by object and code."""
    return _save(request, channel_id, MappingKind.REFERENCES, wanted.rows)


@router.api_operation(["DELETE"], "/channels/{channel_id}/mappings/references", response=answers(Saved))
def remove_reference(request: HttpRequest, channel_id: int, name: Query[ReferenceName]) -> Any:
    """Remove one reference mapping."""
    return _remove(request, channel_id, MappingKind.REFERENCES, name)


def _list(request: HttpRequest, channel_id: int, kind: MappingKind, paging: Paging) -> Any:
    channel = find_channel(request, channel_id)
    rows = mappings.list_page(channel.id, kind=kind, **paging.window)
    return page_of([dict(zip(SHAPES[kind].columns, cells, strict=True)) for cells in rows], paging)


def _save(
    request: HttpRequest,
    channel_id: int,
    kind: MappingKind,
    rows: list[CarrierMapping] | list[SkuMapping] | list[ReferenceMapping],
) -> Any:
    channel, actor = find_channel(request, channel_id), actor_of(request)
    cells = [{name: _cell(value) for name, value in vars(row).items()} for row in rows]
    return _say(mapping_rows.save_rows(channel.id, cells, kind=kind, source=actor, actor=actor, now=timezone.now()))


def _remove(request: HttpRequest, channel_id: int, kind: MappingKind, name: BaseModel) -> Any:
    channel = find_channel(request, channel_id)
    return _say(
        mapping_rows.remove_named(channel.id, vars(name), kind=kind, actor=actor_of(request), now=timezone.now())
    )


def _cell(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"


def _say(applied: Applied) -> dict[str, int]:
    return {**{outcome.value: count for outcome, count in applied.counts.items()}, "released": applied.released}
