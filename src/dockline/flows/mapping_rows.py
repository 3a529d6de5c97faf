"""A program changes a channel's mappings: many rows at once or not at all, and one row away by its name."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from dockline.domain.mappings import drafts
from dockline.domain.mappings import queries as mappings
from dockline.domain.mappings.rules import SHAPES, MappingKind
from dockline.domain.tables.rules import ImportMode, Outcome
from dockline.flows import mappings as flow
from dockline.flows.mappings import Applied, Edit
from dockline.kit.errors import Invalid, NotFound
from dockline.kit.sheet import SheetRow


@transaction.atomic
def save_rows(
    channel_id: int,
    rows: Sequence[Mapping[str, str]],
    *,
    kind: MappingKind,
    source: str,
    actor: str,
    now: datetime,
) -> Applied:
    """Add and change these rows, all of them or none; what is not among them stays.

    Raises NotFound, and Invalid, which names the first row in error as `rows.0.field`.
    """
    columns = SHAPES[kind].columns
    given = [SheetRow(at, tuple(row.get(name, "") for name in columns)) for at, row in enumerate(rows)]
    plan = flow.plan(channel_id, given, kind=kind, mode=ImportMode.UPSERT, source=source, actor=actor, now=now)
    if plan.refused:
        bad = next(drafts.list_planned(plan.id, outcomes=[Outcome.REFUSED], limit=1))
        place = f"rows.{bad.at_row}.{bad.field}"
        raise Invalid(f"{' = '.join(filter(None, bad.cells))}: {bad.reason}.", field=place)
    return flow.apply_plan(plan.id, actor=actor, now=now)


@transaction.atomic
def remove_named(channel_id: int, name: Mapping[str, str], *, kind: MappingKind, actor: str, now: datetime) -> Applied:
    """Take away the row of this name. Raises NotFound, Invalid."""
    key = SHAPES[kind].key
    found = mappings.find_cells(channel_id, kind=kind, key=[name.get(part, "") for part in key])
    if found is None:
        raise NotFound("There is no such mapping.", field=key[0])
    return flow.save_rows(channel_id, [Edit(found, None)], kind=kind, actor=actor, now=now)
