"""Bring back the products of the warehouse that is the account's Master Product Source.

Reads the feed page by page, outside any transaction. Writes variants, links and issues together with the feed's
position. Wakes the export to the account's other channels, and of shipments that waited for a product.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import transaction

from dockline.connectors.contract.capabilities import Capability, ImportsProducts
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.notices import ProductNotice, ProductPage
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import NewLink
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.mappings import queries as mappings
from dockline.domain.products import operations as products
from dockline.domain.products import queries as product_queries
from dockline.domain.products.operations import (
    LONGEST_BARCODE,
    LONGEST_NAME,
    LONGEST_SKU,
    LONGEST_UNIT,
    KnownVariant,
)
from dockline.domain.products.rules import NOT_MEASURED, KnownUnit, Measures
from dockline.domain.purchases import operations as purchases
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind, RunMode
from dockline.domain.shipments import operations as shipments
from dockline.flows import direction, job_names, progress
from dockline.flows.catalog.export import AGAIN_AFTER_REFUSAL
from dockline.flows.catalog.their_measures import TheirMeasures
from dockline.flows.progress import RunLog
from dockline.gateway import passage, reactions, runtime
from dockline.kit import clock
from dockline.kit.queue import port as queue

FEED = "products"
MOST_NAMED = 20


def import_products(channel_id: int, *, cause: str = "the order flow") -> None:
    """Take in what changed at the channel since the last import, if it is the account's Master Product Source."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    if direction.forbids(connection, RunKind.IMPORT_PRODUCTS):
        return
    with progress.follow(connection, RunKind.IMPORT_PRODUCTS, cause=cause) as log:
        if not connection.is_product_master and log.mode == RunMode.APPLY:
            log.fail(direction.explain_import(connection))
            return
        try:
            conversation = runtime.converse(channel_id)
            if not conversation.can(Capability.IMPORT_PRODUCTS):
                return
            connector: ImportsProducts = conversation.connector
            # As the master all of its products would be read: a plan for that begins where that would.
            known = exchange_queries.find_position(channel_id, feed=FEED) if connection.is_product_master else ""
            pages = connector.import_products(known)
            _Import(connection, connector, log).take(pages)
        except ConnectorError as error:
            log.fail(error.message)
            reactions.react(connection, error, now=clock.now())
        else:
            now = clock.now()
            reactions.recover(connection, now=now)
            _speak_of_missing(connection)
            shipments.postpone_without_products(channel_id, until=now + AGAIN_AFTER_REFUSAL, now=now)
            purchases.postpone_without_products(channel_id, until=now + AGAIN_AFTER_REFUSAL, now=now)
    queue.wake(job_names.EXPORT_PURCHASES, channel_id)
    queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)


class _Import:
    """One import: remembers which SKUs it has seen, so that the second product with one is left out, not taken over."""

    def __init__(self, connection: Connection, connector: ImportsProducts, log: RunLog) -> None:
        self._connection = connection
        self._connector = connector
        self._log = log
        self._measures = TheirMeasures(connection)
        self._seen: dict[str, str] = {}
        self._gone: set[str] = set()
        self._left_out: list[str] = []

    def take(self, pages: Iterable[ProductPage]) -> None:
        """Book page by page; where there is a plan, all at once."""
        pages = (self._prepare(page) for page in pages)
        if self._log.speaks_of_a_plan:
            self._take_as_planned(list(pages))
        else:
            for page in pages:
                with transaction.atomic():
                    changes = self._book(page)
                self._report(page, changes)
                if self._log.stop_asked:
                    return
        if self._left_out:
            named = ", ".join(self._left_out[:MOST_NAMED]) + (" …" if len(self._left_out) > MOST_NAMED else "")
            self._log.summary.append(f"{len(self._left_out)} left out: {named}.")

    def _prepare(self, page: ProductPage) -> ProductPage:
        """Put a page into our words, and look whether what it would be a second product to is still there."""
        said = _in_our_words(page, self._connection)
        links = self._get_links(said)
        theirs = {
            ours.sku: notice.sku
            for ours, notice in zip(said.notices, page.notices, strict=True)
            if links.get(ours.sku, ours.external_id) != ours.external_id
        }
        if theirs:
            there = self._connector.find_products(list(theirs.values()))
            self._gone |= {links[ours] for ours, sku in theirs.items() if links[ours] not in there[sku]}
        return said

    def _get_links(self, page: ProductPage) -> Mapping[str, str]:
        return exchange_queries.get_external_ids(
            self._connection.channel_id, kind="product", skus=[notice.sku for notice in page.notices]
        )

    @transaction.atomic
    def _take_as_planned(self, pages: Sequence[ProductPage]) -> None:
        changes = [self._book(page) for page in pages]
        self._log.agree([change for some in changes for change in some])
        for page, some in zip(pages, changes, strict=True):
            self._report(page, some)

    def _report(self, page: ProductPage, changes: Sequence[PlannedChange]) -> None:
        lines = [_line(change) for change in changes]
        left_out = sum(change.action == PlannedAction.SKIP for change in changes)
        self._log.report(done=len(page.notices), changed=len(changes) - left_out, failed=left_out, lines=lines)

    def _book(self, page: ProductPage) -> list[PlannedChange]:
        now = clock.now()
        changes: list[PlannedChange] = []
        good: dict[str, ProductNotice] = {}
        links = {sku: held for sku, held in self._get_links(page).items() if held not in self._gone}
        for notice in page.notices:
            first = self._seen.setdefault(notice.sku, links.get(notice.sku, notice.external_id))
            if problem := _problem(notice, first) or self._measures.explain_refusal(notice):
                self._left_out.append(notice.sku or notice.external_id)
                changes.append(PlannedChange(PlannedAction.SKIP, notice.sku or notice.external_id, "", problem))
            else:
                good[notice.sku] = notice
        held = product_queries.get_measures(self._connection.account_id, list(good))
        known = [_known(one, held.get(one.sku, {}), self._measures) for one in good.values()]
        taken = products.take_variants(self._connection.account_id, known, now=now)
        for one in taken:
            if one.problem:
                self._left_out.append(one.sku)
                changes.append(PlannedChange(PlannedAction.SKIP, one.sku, one.before, f"Left as it is: {one.problem}."))
            elif one.is_changed:
                action = PlannedAction.CHANGE if one.before else PlannedAction.CREATE
                changes.append(PlannedChange(action, one.sku, one.before, one.after))
        ids = {one.sku: one.variant_id for one in taken if not one.problem}
        self._remember(changes, ids, good)
        exchanges.move_position(self._connection.channel_id, feed=FEED, value=page.position, now=now)
        return changes

    def _remember(self, changes: Sequence[PlannedChange], ids: dict[str, int], good: dict[str, ProductNotice]) -> None:
        now, connection = clock.now(), self._connection
        exchanges.link_subjects(
            [NewLink(variant_id, good[sku].external_id, 1) for sku, variant_id in ids.items()],
            channel_id=connection.channel_id,
            kind="product",
            now=now,
            takes_over=True,
        )
        issues.resolve_issues(
            subject_kind="product",
            subject_ids=list(ids.values()),
            now=now,
            by="the import",
            causes=[causes.PRODUCT_REFUSED],
        )
        history.remember(
            [
                Fact(
                    account_id=connection.account_id,
                    kind="imported",
                    subject_kind="product",
                    subject_id=ids[change.subject],
                    sentence=f"{change.subject} is {change.after} at {connection.name}.",
                    detail={"before": change.before, "after": change.after},
                )
                for change in changes
                if change.subject in ids and change.action != PlannedAction.SKIP
            ],
            actor=connection.name,
            now=now,
        )
        if any(change.action != PlannedAction.SKIP for change in changes):
            for channel_id in channels.list_other_channels(connection.account_id, besides=connection.channel_id):
                queue.wake(job_names.EXPORT_PRODUCTS, channel_id)


def _in_our_words(page: ProductPage, connection: Connection) -> ProductPage:
    """Put our SKUs in place of the channel's, where they are mapped."""
    own = mappings.get_own_skus(connection.channel_id, [notice.sku for notice in page.notices])
    if not own:
        return page
    said = tuple(msgspec.structs.replace(notice, sku=own.get(notice.sku, notice.sku)) for notice in page.notices)
    return ProductPage(notices=said, position=page.position)


def _problem(notice: ProductNotice, first: str) -> str:
    """Why a product cannot be taken in; empty when it can."""
    if not notice.sku.strip():
        return "It has no product code there."
    if len(notice.sku) > LONGEST_SKU or "\0" in notice.sku:
        return f"Its code is longer than {LONGEST_SKU} characters or cannot be stored."
    if not notice.base_unit:
        return "None of its units there counts exactly one, so its quantities cannot be compared."
    if any(len(unit.code) > LONGEST_UNIT for unit in notice.units):
        return f"One of its unit codes is longer than {LONGEST_UNIT} characters."
    if first != notice.external_id:
        return "Another product there has this code already; SKUs must be unique, so only the first is taken."
    return ""


def _known(notice: ProductNotice, held: Mapping[str, Measures], theirs: TheirMeasures) -> KnownVariant:
    measured = {unit.code: theirs.read(notice, unit, held.get(unit.code, NOT_MEASURED)) for unit in notice.units}
    barcodes = {unit.code: unit.barcode.replace("\0", "")[:LONGEST_BARCODE] for unit in notice.units}
    return KnownVariant(
        sku=notice.sku,
        name=(notice.name or notice.sku).replace("\0", "")[:LONGEST_NAME],
        base_unit=notice.base_unit,
        units=tuple(
            KnownUnit(
                unit.code,
                unit.base_quantity,
                unit.name.replace("\0", "")[:64],
                barcodes[unit.code],
                measured[unit.code],
            )
            for unit in notice.units
            if unit.code != notice.base_unit
        ),
        is_active=notice.active,
        barcode=barcodes.get(notice.base_unit, ""),
        measures=measured.get(notice.base_unit, NOT_MEASURED),
    )


def _line(change: PlannedChange) -> tuple[str, str]:
    level = "warning" if change.action == PlannedAction.SKIP else "info"
    return level, f"{change.subject}: {PlannedAction(change.action).label.lower()}: {change.after}"


@transaction.atomic
def _speak_of_missing(connection: Connection) -> None:
    """Orders wait for products that their master does not have: only there can they be made."""
    missing = exchange_queries.list_variants_missing_there(connection.channel_id)
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.PRODUCT_REFUSED,
                subject_kind="product",
                subject_id=variant_id,
                subject_label=sku,
                title=f"{connection.name} does not have product {sku}. It is the Master Product Source: "
                "create the product there.",
                channel_id=connection.channel_id,
            )
            for variant_id, sku in missing
        ],
        now=clock.now(),
    )
