"""Products with their units, sizes and weights."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from dockline.domain.products import queries as products
from dockline.domain.products.queries import VariantRow
from dockline.domain.products.rules import KnownUnit
from dockline.interfaces.api.access import scope_of
from dockline.interfaces.api.errors import answers
from dockline.interfaces.api.shapes import Line, Out, Page, Paging, Quantity, page_of
from dockline.kit.measures import into

router = Router(tags=["Products"])


class ProductUnit(Out):
    """A unit of a product: how many base units are in one, and what one measures; null where nobody said."""

    code: str
    name: str
    base_quantity: Quantity
    barcode: str
    length: Quantity | None
    width: Quantity | None
    height: Quantity | None
    weight: Quantity | None


class Component(Out):
    """A component of a bundle: how many base units of it are in one."""

    sku: str
    quantity: Quantity


class Alternate(Out):
    """A product that may be sent instead when this one is short, those of lower `rank` first; off when not active."""

    sku: str
    rank: int
    is_active: bool


class Product(Out):
    """Something that can be sold. `size_unit` and `weight_unit` are what its account measures in.

    One with components is a bundle: they are stocked and shipped in its place.
    """

    id: int
    account_name: str
    sku: str
    name: str
    product_name: str
    is_active: bool
    base_unit: str
    size_unit: str
    weight_unit: str
    units: list[ProductUnit]
    components: list[Component]
    alternates: list[Alternate]


class ProductsWanted(Paging):
    """Which products are wanted. `text` is part of a SKU or a name."""

    text: Line = Field(default="", max_length=200)


@router.get("/products", response=answers(Page[Product]))
def list_products(request: HttpRequest, wanted: Query[ProductsWanted]) -> Any:
    """List products by SKU, measured in the units of their account."""
    rows = products.list_variants(account_id=scope_of(request), text=wanted.text, **wanted.window)
    return page_of(_say(rows), wanted)


def _say(rows: Sequence[VariantRow]) -> list[Product]:
    return [
        Product(
            id=row.id,
            account_name=row.account_name,
            sku=row.sku,
            name=row.name,
            product_name=row.product_name,
            is_active=row.is_active,
            base_unit=row.base_unit,
            size_unit=row.size_unit,
            weight_unit=row.weight_unit,
            units=[_unit(unit, row) for unit in (row.base, *row.units)],
            components=[Component(sku=part.sku, quantity=part.quantity) for part in row.parts],
            alternates=[Alternate(sku=one.sku, rank=one.rank, is_active=one.is_active) for one in row.alternates],
        )
        for row in rows
    ]


def _unit(unit: KnownUnit, row: VariantRow) -> ProductUnit:
    measures = unit.measures
    length, width, height = (
        into(side, row.size_unit) for side in (measures.length_mm, measures.width_mm, measures.height_mm)
    )
    return ProductUnit(
        code=unit.code,
        name=unit.name,
        base_quantity=unit.base_quantity,
        barcode=unit.barcode,
        length=length,
        width=width,
        height=height,
        weight=into(measures.weight_g, row.weight_unit),
    )
