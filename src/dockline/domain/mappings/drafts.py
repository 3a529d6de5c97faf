"""Plan a change to a channel's mappings, look at the plan, and apply exactly that plan.

Whatever its size: one edited row, a pasted block and a file of thousands go the same way, and rows never pass through
Python twice. A draft in which a row is in error cannot be applied: mend the row and plan again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from dockline.domain.channels.models import Channel
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.mappings import drafts_sql as sql
from dockline.domain.mappings.models import Draft, DraftRow, Edition
from dockline.domain.mappings.rules import SHAPES, Level, MappingKind
from dockline.domain.tables.rules import CHANGES, ImportMode, Outcome
from dockline.kit.errors import Conflict, NotFound, NotNow

FORGOTTEN_AFTER = timedelta(days=1)
Levels = dict[str, Level]


class UnknownDraft(NotFound):
    """This plan is not there any more. Plan the change again."""


class StalePlan(Conflict):
    """The mappings were changed since this plan was made. Plan the change again."""


@dataclass(frozen=True)
class GivenRow:
    """One row as it was given. With a reason it is in error before anything is looked up."""

    at_row: int
    cells: tuple[str, ...]
    field: str = ""
    reason: str = ""
    goes: bool = False


@dataclass(frozen=True)
class DraftSummary:
    """A plan: how many rows have which outcome."""

    id: int
    channel_id: int
    kind: MappingKind
    mode: ImportMode
    source: str
    actor: str
    made_at: datetime
    edition: int
    counts: dict[Outcome, int]

    @property
    def changes(self) -> int:
        """How many rows would change."""
        return sum(self.counts.get(outcome, 0) for outcome in CHANGES)

    @property
    def refused(self) -> int:
        """How many rows are in error."""
        return self.counts.get(Outcome.REFUSED, 0)


@dataclass(frozen=True)
class PlannedRow:
    """What becomes of one row."""

    at_row: int
    cells: tuple[str, ...]
    before: tuple[str, ...]
    outcome: Outcome
    field: str
    reason: str


def make_draft(
    channel_id: int,
    rows: Iterable[GivenRow],
    *,
    kind: MappingKind,
    mode: ImportMode,
    levels: Levels,
    source: str,
    actor: str,
    now: datetime,
) -> DraftSummary:
    """Judge rows against what the channel has now. Changes nothing else. Needs a transaction."""
    Draft.objects.filter(channel_id=channel_id, made_at__lt=now - FORGOTTEN_AFTER).delete()
    edition = Edition.objects.filter(channel_id=channel_id, kind=kind).first()
    draft = Draft.objects.create(
        channel_id=channel_id,
        kind=kind,
        mode=mode,
        source=source[:200],
        edition=edition.number if edition else 0,
        actor=actor,
        made_at=now,
    )
    _stage(draft.pk, rows)
    _judge(draft, levels)
    return get_draft(draft.pk)


def get_draft(draft_id: int) -> DraftSummary:
    """Return a plan. Raises UnknownDraft."""
    draft = Draft.objects.filter(pk=draft_id).first()
    if draft is None:
        raise UnknownDraft()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, count(*) FROM mappings_draftrow WHERE draft_id = %s GROUP BY outcome", [draft_id]
        )
        counts = {Outcome(outcome): count for outcome, count in cursor.fetchall()}
    return DraftSummary(
        id=draft.pk,
        channel_id=draft.channel_id,
        kind=MappingKind(draft.kind),
        mode=ImportMode(draft.mode),
        source=draft.source,
        actor=draft.actor,
        made_at=draft.made_at,
        edition=draft.edition,
        counts=counts,
    )


def list_planned(draft_id: int, *, outcomes: Sequence[Outcome] = (), limit: int | None = 200) -> Iterator[PlannedRow]:
    """List rows of a plan in the order of the file; read it to its end in one transaction."""
    rows = DraftRow.objects.filter(draft_id=draft_id).order_by("at_row", "id")
    if outcomes:
        rows = rows.filter(outcome__in=outcomes)
    columns = ("at_row", "cells", "before", "outcome", "field", "reason")
    for at_row, cells, before, outcome, field, reason in rows.values_list(*columns)[:limit].iterator(chunk_size=2000):
        yield PlannedRow(at_row, tuple(cells), tuple(before or ()), Outcome(outcome), field, reason)


def list_changed_skus(draft_id: int) -> list[str]:
    """List our SKUs whose mapping a plan changes."""
    changed = DraftRow.objects.filter(draft_id=draft_id, outcome__in=CHANGES).order_by("id")
    return [cells[0] for cells in changed.values_list("cells", flat=True)]


def lock_mappings(channel_id: int) -> None:
    """Let one transaction at a time change a channel's mappings. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('mappings'), %s)", [channel_id])


def apply_draft(draft_id: int, *, actor: str, now: datetime) -> DraftSummary:
    """Apply a plan and forget it. Needs a transaction. Raises UnknownDraft, StalePlan, NotNow with rows in error."""
    plan = get_draft(draft_id)
    lock_mappings(plan.channel_id)
    edition, _ = Edition.objects.get_or_create(channel_id=plan.channel_id, kind=plan.kind)
    if edition.number != plan.edition:
        raise StalePlan(f"{edition.actor or 'Somebody'} changed these mappings since this was planned. Plan it again.")
    if plan.refused:
        raise NotNow(f"{plan.refused:,} rows are in error. Mend them and plan again; nothing was changed.")
    if plan.changes:
        _write(plan, actor=actor, now=now)
        edition.number, edition.actor, edition.at = edition.number + 1, actor, now
        edition.save()
    drop_draft(draft_id)
    return plan


def drop_draft(draft_id: int) -> None:
    """Forget a plan."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mappings_draftrow WHERE draft_id = %s", [draft_id])
        cursor.execute("DELETE FROM mappings_draft WHERE id = %s", [draft_id])


def _stage(draft_id: int, rows: Iterable[GivenRow]) -> None:
    columns = "draft_id, at_row, cells, goes, outcome, field, reason"
    with connection.cursor() as cursor, cursor.copy(f"COPY mappings_draftrow ({columns}) FROM STDIN") as copy:
        for row in rows:
            outcome = str(Outcome.REFUSED) if row.reason else ""
            copy.write_row((draft_id, row.at_row, list(row.cells), row.goes, outcome, row.field, row.reason))


def _judge(draft: Draft, levels: Levels) -> None:
    kind = MappingKind(draft.kind)
    of_kind = sql.OF_KIND[kind]
    facts = _facts(draft.pk, draft.channel_id) | {"mode": draft.mode} | _places(levels)
    statements = [sql.refuse(check) for check in of_kind.checks]
    statements += [sql.refuse_twice(of_kind, SHAPES[kind].key[0]), sql.find_before(of_kind), sql.DECIDE]
    if draft.mode == ImportMode.REPLACE:
        statements.append(sql.take_away_the_rest(of_kind))
    if kind == MappingKind.CARRIERS and draft.mode != ImportMode.ADD:
        statements.append(sql.DEMOTE.format(present=of_kind.present))
    statements += [sql.make_result(of_kind), *sql.INDEX_RESULT]
    statements += [sql.refuse(check) for check in of_kind.conflicts]
    if kind == MappingKind.SKUS:
        statements += [sql.REFUSE_REMOVAL, sql.SUGGEST]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mappings_draftrow")
        for statement in statements:
            cursor.execute(statement, facts)
        cursor.execute("DROP TABLE draft_result")


def _write(plan: DraftSummary, *, actor: str, now: datetime) -> None:
    of_kind = sql.OF_KIND[plan.kind]
    facts = _facts(plan.id, plan.channel_id)
    told = {"actor": actor, "now": now, "source": plan.source, "subject": f"mapping_{plan.kind}"}
    with connection.cursor() as cursor:
        for statement in (of_kind.delete, of_kind.insert, sql.remember(of_kind)):
            cursor.execute(statement, facts | told)
    parts = [f"{count:,} {outcome.label.lower()}" for outcome in CHANGES if (count := plan.counts.get(outcome, 0))]
    origin = f" from {plan.source}" if plan.source else ""
    sentence = f"{plan.kind.label}{origin}: {', '.join(parts)}."
    fact = Fact(int(facts["account"]), "mapped", "channel", plan.channel_id, sentence)
    history.remember([fact], actor=actor, now=now)


def _facts(draft_id: int, channel_id: int) -> dict[str, Any]:
    account_id = Channel.objects.values_list("account_id", flat=True).get(pk=channel_id)
    return {"draft": draft_id, "channel": channel_id, "account": account_id}


def _places(levels: Levels) -> dict[str, Any]:
    places = [
        (name, _pattern(place.name, place.reserved))
        for name, level in levels.items()
        for place in level.places
        if not place.is_taken
    ]
    return {
        "objects": list(levels),
        "place_objects": [name for name, _ in places],
        "place_patterns": [pattern for _, pattern in places],
    }


def _pattern(name: str, reserved: Sequence[str]) -> str:
    """`rules.Place.takes` as a regular expression of PostgreSQL's."""
    stem = name.removesuffix("*").replace(".", "[.]")
    if not name.endswith("*"):
        return f"^{stem}$"
    but = f"(?!({'|'.join(reserved)})$)" if reserved else ""
    return f"^{stem}{but}[A-Za-z0-9_]{{1,64}}$"
