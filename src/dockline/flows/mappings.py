"""A person changes a channel's mappings: plan, look, apply; and what waited for them goes on.

Reads channels and connectors. Writes mappings, carriers, links and history. Wakes export and catalog export.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.domain.carriers import operations as carriers
from dockline.domain.carriers import queries as carrier_queries
from dockline.domain.carriers.operations import Merged
from dockline.domain.carriers.rules import CarrierLine
from dockline.domain.channels import queries as channels
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.issues import queries as issues
from dockline.domain.issues import rules as causes
from dockline.domain.mappings import drafts
from dockline.domain.mappings import queries as mappings
from dockline.domain.mappings.drafts import DraftSummary, GivenRow, PlannedRow, StalePlan
from dockline.domain.mappings.rules import SHAPES, CarrierRow, Level, MappingKind, say_carrier
from dockline.domain.orders import queries as orders
from dockline.domain.products import queries as products
from dockline.domain.purchases import operations as purchases
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.queries import WaitingGroup
from dockline.domain.tables.rules import CHANGES, ImportMode, Outcome
from dockline.flows import job_names
from dockline.flows.catalog import receive as catalog
from dockline.flows.outbound import hold, translate
from dockline.gateway import directory
from dockline.kit.errors import Conflict, Invalid, NotNow
from dockline.kit.queue import port as queue
from dockline.kit.sheet import SheetRow

MOST_ROWS = 250_000


class ChangedMeanwhile(Conflict):
    """Somebody changed this row while you were at it."""


@dataclass(frozen=True)
class Applied:
    """What a change did: how many rows, and how many shipments go on because of it."""

    counts: dict[Outcome, int]
    released: int

    @property
    def changes(self) -> int:
        """How many rows changed."""
        return sum(self.counts.get(outcome, 0) for outcome in CHANGES)


@dataclass(frozen=True)
class WhatWaits:
    """What waits for a mapping of a channel: by carrier and service, by SKU, and how much in all."""

    shipments: int = 0
    carriers: tuple[WaitingGroup, ...] = ()
    skus: tuple[tuple[str, int], ...] = ()


def describe_levels(channel_id: int) -> dict[str, Level]:
    """Say where references may go at a channel. Raises NotFound."""
    connection = channels.get_connection(channel_id)
    return translate.describe_levels(directory.get_connector(connection.connector), connection.plain)


def can_map(connector: str, kind: MappingKind) -> bool:
    """Say whether a connector can translate this. Raises NotFound."""
    return _can(directory.get_connector(connector), kind)


@transaction.atomic
def plan(
    channel_id: int,
    rows: Iterable[SheetRow],
    *,
    kind: MappingKind,
    mode: ImportMode,
    source: str,
    actor: str,
    now: datetime,
) -> DraftSummary:
    """Judge a table against what is there, and keep the plan. Raises NotFound, Invalid, and SheetError as it reads."""
    _require(channel_id, kind)
    given = (_given(row, kind) for row in rows)
    return _draft(channel_id, given, kind=kind, mode=mode, source=source, actor=actor, now=now)


@transaction.atomic
def apply_plan(draft_id: int, *, actor: str, now: datetime) -> Applied:
    """Apply a plan as it stands. Raises UnknownDraft, StalePlan, NotNow when a row is in error."""
    summary = drafts.get_draft(draft_id)
    changed_skus = drafts.list_changed_skus(draft_id) if summary.kind == MappingKind.SKUS else []
    try:
        with transaction.atomic():
            done = drafts.apply_draft(draft_id, actor=actor, now=now)
    except IntegrityError:
        # A product or a carrier went away between plan and now.
        raise StalePlan() from None
    return Applied(done.counts, _go_on(done.channel_id, done.kind, changed_skus, now=now) if done.changes else 0)


def list_cells(channel_id: int, *, kind: MappingKind) -> Iterator[tuple[str, ...]]:
    """List all rows in the order of their file, as they are at one instant."""
    with transaction.atomic():
        yield from mappings.list_cells(channel_id, kind=kind)


def list_carrier_lines(account_id: int) -> Iterator[CarrierLine]:
    """List an account's whole master list, as it is at one instant."""
    with transaction.atomic():
        yield from carrier_queries.list_lines(account_id)


def list_refused(draft_id: int) -> Iterator[PlannedRow]:
    """List every row of a plan that is in error."""
    with transaction.atomic():
        yield from drafts.list_planned(draft_id, outcomes=[Outcome.REFUSED], limit=None)


def drop_plan(draft_id: int) -> None:
    """Forget a plan."""
    drafts.drop_draft(draft_id)


@dataclass(frozen=True)
class Edit:
    """One edited row: the cells the person saw, None for a new row; and what they are to be, None to take it away."""

    was: tuple[str, ...] | None
    becomes: tuple[str, ...] | None


class BadEdits(Invalid):
    """Some rows cannot be saved; nothing was changed. `troubles` are (field, sentence) by place among the edits."""

    def __init__(self, troubles: dict[int, tuple[str, str]]) -> None:
        field, sentence = next(iter(troubles.values()))
        super().__init__(sentence, field=field)
        self.troubles = troubles


@transaction.atomic
def save_rows(channel_id: int, edits: Sequence[Edit], *, kind: MappingKind, actor: str, now: datetime) -> Applied:
    """Add, change and take away rows, all or none. Raises BadEdits, and ChangedMeanwhile for what was not seen so."""
    _require(channel_id, kind)
    drafts.lock_mappings(channel_id)
    key_of = SHAPES[kind].key_of
    rows: list[GivenRow] = []
    for at, edit in enumerate(edits):
        if edit.was is not None:
            _require_unchanged(channel_id, kind, key=key_of(edit.was), was=edit.was)
            if edit.becomes is None or key_of(edit.becomes) != key_of(edit.was):
                rows.append(GivenRow(len(edits) + at, edit.was, goes=True))
        if edit.becomes is not None:
            if edit.was is None or key_of(edit.becomes) != key_of(edit.was):
                _require_unchanged(channel_id, kind, key=key_of(edit.becomes), was=None)
            rows.append(_given(_read_edit(at, edit.becomes, kind), kind))
    summary = _draft(channel_id, rows, kind=kind, mode=ImportMode.UPSERT, source="", actor=actor, now=now)
    if summary.refused:
        raise BadEdits(
            {
                row.at_row % len(edits): (row.field, f"{_title(row.field)} {row.reason}.")
                for row in drafts.list_planned(summary.id, outcomes=[Outcome.REFUSED])
            }
        )
    return apply_plan(summary.id, actor=actor, now=now)


@transaction.atomic
def adopt_carrier(channel_id: int, *, carrier: str, service: str, actor: str, now: datetime) -> Applied:
    """Use the order's own words for a carrier and service at this channel: add what is missing to list and mappings.

    A service that came without a carrier becomes a carrier of that name. Raises Invalid, Conflict.
    """
    account_id = channels.get_connection(channel_id).account_id
    ours = (carrier, service) if carrier else (service, "")
    lines = [(1, CarrierLine(ours[0], "", ours[1], ""))]
    carriers.merge_lines(account_id, lines, actor=actor, now=now)
    edit = Edit(None, (*ours, *ours, "no"))
    return save_rows(channel_id, [edit], kind=MappingKind.CARRIERS, actor=actor, now=now)


def list_waiting(channel_id: int) -> WhatWaits:
    """Say what waits for a mapping of this channel: saving it lets exactly these go on."""
    waiting = issues.list_subject_ids(causes.MAPPING_MISSING.code, channel_id=channel_id, subject_kind="shipment")
    if not waiting:
        return WhatWaits()
    rows = mappings.list_carrier_rows(channel_id)
    asked = [
        group
        for group in shipment_queries.group_waiting(waiting)
        if (group.carrier or group.service) and _is_missing(rows, group)
    ]
    skus = shipment_queries.group_waiting_by_sku(waiting)
    owners = mappings.get_own_skus(channel_id, list(skus))
    known = products.get_variant_ids(channels.get_connection(channel_id).account_id, list(owners))
    mapped = mappings.get_channel_skus(channel_id, list(known.values()))
    taken = [(sku, skus[sku]) for sku, owner in owners.items() if owner != sku and known.get(sku) not in mapped]
    return WhatWaits(len(waiting), tuple(asked), tuple(sorted(taken)))


@transaction.atomic
def merge_carriers(account_id: int, rows: Iterable[SheetRow], *, dry_run: bool, actor: str, now: datetime) -> Merged:
    """Add carriers and services of a table by code; new names replace old ones, nothing is deleted.

    Raises SheetError as it reads; BadLines, and then nothing was changed.
    """
    lines = [(row.at_row, _carrier_line(row)) for row in rows]
    merged = carriers.merge_lines(account_id, lines, actor=actor, now=now)
    if dry_run:
        transaction.set_rollback(True)
    return merged


@transaction.atomic
def remove_carrier(carrier_id: int, *, actor: str, now: datetime) -> str:
    """Take a carrier off the list. Raises NotFound; Conflict when it is mapped, NotNow when open orders ask for it."""
    row = carrier_queries.get_carrier(carrier_id)
    _require_unasked(row.account_id, carrier=row.code)
    return carriers.remove_carrier(carrier_id, actor=actor, now=now)


@transaction.atomic
def remove_service(carrier_id: int, service_id: int, *, actor: str, now: datetime) -> str:
    """Take a service off the list. Raises NotFound; Conflict when it is mapped, NotNow when open orders ask for it."""
    row = carrier_queries.get_carrier(carrier_id)
    for service in row.services:
        if service.id == service_id:
            _require_unasked(row.account_id, carrier=row.code, service=service.code)
    return carriers.remove_service(service_id, actor=actor, now=now)


def _read_edit(at: int, cells: Sequence[str], kind: MappingKind) -> SheetRow:
    for column, cell, most in zip(SHAPES[kind].columns, cells, SHAPES[kind].longest, strict=True):
        if len(cell) > most:
            short = tuple(one[:most] for one in cells)
            return SheetRow(at, short, column, f"is {len(cell):,} characters long; at most {most} fit")
        if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in cell):
            clean = tuple("".join(letter for letter in one if letter.isprintable()) for one in cells)
            return SheetRow(at, clean, column, "holds a control character. Remove it")
    return SheetRow(at, tuple(cells))


def _title(field: str) -> str:
    return field.replace("_", " ").capitalize().replace("sku", "SKU").replace("Sku", "SKU")


def _draft(
    channel_id: int,
    rows: Iterable[GivenRow],
    *,
    kind: MappingKind,
    mode: ImportMode,
    source: str,
    actor: str,
    now: datetime,
) -> DraftSummary:
    levels = describe_levels(channel_id) if kind == MappingKind.REFERENCES else {}
    return drafts.make_draft(channel_id, rows, kind=kind, mode=mode, levels=levels, source=source, actor=actor, now=now)


def _given(row: SheetRow, kind: MappingKind) -> GivenRow:
    cells = row.cells
    if kind == MappingKind.CARRIERS:
        cells = (*cells[:4], cells[4].lower() or "no")
    return GivenRow(row.at_row, cells, row.field, row.reason)


def _go_on(channel_id: int, kind: MappingKind, changed_skus: Sequence[str], *, now: datetime) -> int:
    """Let what waited go on. A product whose SKU there is another one now is another product there, to be exported."""
    connection = channels.get_connection(channel_id)
    if kind == MappingKind.SKUS:
        variants = products.get_variant_ids(connection.account_id, changed_skus)
        exchanges.unlink_subjects(list(variants.values()), channel_id=channel_id, kind="product")
        shipments.wake_waiting(channel_id, now=now)
        if purchases.wake_waiting(channel_id, now=now):
            queue.wake(job_names.EXPORT_PURCHASES, channel_id)
        if connection.is_product_master:
            # What it calls them was read long ago: only from the start of its products is it heard again.
            exchanges.forget_position(channel_id, feed=catalog.FEED)
            queue.wake(job_names.IMPORT_PRODUCTS, channel_id)
        elif Capability.EXPORT_PRODUCTS in directory.get_connector(connection.connector).capabilities:
            queue.wake(job_names.EXPORT_PRODUCTS, channel_id)
    return hold.release_held(channel_id, now=now)


def _require(channel_id: int, kind: MappingKind) -> None:
    connection = channels.get_connection(channel_id)
    spec = directory.get_connector(connection.connector)
    if not _can(spec, kind):
        raise Invalid(f"{spec.label} takes no {kind.label}.", field="kind")


def _can(spec: ConnectorSpec, kind: MappingKind) -> bool:
    offered = {
        MappingKind.CARRIERS: spec.mappings.carriers,
        MappingKind.SKUS: spec.mappings.skus,
        MappingKind.REFERENCES: bool(spec.mappings.references),
    }
    return offered[kind]


def _require_unchanged(channel_id: int, kind: MappingKind, *, key: Sequence[str], was: Sequence[str] | None) -> None:
    now_there = mappings.find_cells(channel_id, kind=kind, key=key)
    if now_there == (tuple(was) if was else None):
        return
    if was is None:
        raise ChangedMeanwhile(f"{' '.join(filter(None, key))} is there already. Change that row instead.")
    edition = mappings.get_edition(channel_id, kind=kind)
    present = " = ".join(filter(None, now_there)) if now_there else "gone"
    raise ChangedMeanwhile(
        f"{edition.actor or 'Somebody'} changed this meanwhile; it is {present} now. Look at it and save again.",
        field=SHAPES[kind].key[0],
    )


def _require_unasked(account_id: int, *, carrier: str, service: str = "") -> None:
    asking = orders.count_open_asking(account_id, carrier=carrier, service=service)
    if asking:
        label = f"{carrier} / {service}" if service else carrier
        raise NotNow(f"{asking:,} open orders ask for {label}. It can go when they have shipped.")


def _is_missing(rows: Sequence[CarrierRow], group: WaitingGroup) -> bool:
    return say_carrier(rows, group.carrier, group.service) is None


def _carrier_line(row: SheetRow) -> CarrierLine:
    if row.reason:
        raise Invalid(f"Row {row.at_row}: {row.field} {row.reason}.", field=row.field)
    return CarrierLine(*row.cells)
