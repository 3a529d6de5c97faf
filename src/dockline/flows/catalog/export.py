"""Make products known to a warehouse before orders need them.

Reads variants the channel does not know, or knows differently. Writes links and issues. Wakes export.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from dockline.connectors.contract.capabilities import Capability, ExportsProducts
from dockline.connectors.contract.errors import ConnectorError
from dockline.connectors.contract.messages import ProductMessage, ProductUnit
from dockline.connectors.contract.notices import ProductOutcome
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import describe_product
from dockline.domain.exchanges import operations as exchanges
from dockline.domain.exchanges import queries as exchange_queries
from dockline.domain.exchanges.operations import NewLink
from dockline.domain.exchanges.queries import VariantToExport
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.mappings import queries as mappings
from dockline.domain.products.rules import KnownUnit
from dockline.domain.purchases import operations as purchases
from dockline.domain.runs.rules import PlannedAction, PlannedChange, RunKind, RunMode
from dockline.domain.shipments import operations as shipments
from dockline.flows import direction, guard, job_names, progress
from dockline.flows.guard import SendingStopped
from dockline.flows.progress import RunLog
from dockline.gateway import directory, passage, reactions, runtime
from dockline.gateway.runtime import Conversation
from dockline.kit import clock
from dockline.kit.failpoints import Failpoint, committing, passing
from dockline.kit.measures import describe, into, plain
from dockline.kit.queue import port as queue

BATCH = 500
OUTCOMES_AT_A_TIME = 50
AGAIN_AFTER_REFUSAL = timedelta(minutes=5)


def export_products(channel_id: int, *, cause: str = "the order flow") -> None:
    """Export what the channel does not know yet, or knows differently."""
    connection = channels.get_connection(channel_id)
    if not passage.may_call(channel_id, now=clock.now()):
        return
    if direction.forbids(connection, RunKind.EXPORT_PRODUCTS):
        return
    with progress.follow(connection, RunKind.EXPORT_PRODUCTS, cause=cause) as log:
        refusal = direction.explain_refusal(connection, RunKind.EXPORT_PRODUCTS)
        if refusal and log.mode == RunMode.APPLY:
            log.fail(refusal)
            return
        try:
            conversation = runtime.converse(channel_id)
            if conversation.can(Capability.EXPORT_PRODUCTS):
                if log.speaks_of_a_plan:
                    log.agree(list(_plan(connection)))
                _export(conversation, log)
        except SendingStopped:
            log.refuse(guard.STOPPED)
        except ConnectorError as error:
            log.fail(error.message)
            reactions.react(connection, error, now=clock.now())
        else:
            now = clock.now()
            shipments.postpone_without_products(channel_id, until=now + AGAIN_AFTER_REFUSAL, now=now)
            passing(Failpoint.SHIPMENTS_POSTPONED)
            purchases.postpone_without_products(channel_id, until=now + AGAIN_AFTER_REFUSAL, now=now)
            passing(Failpoint.PURCHASES_POSTPONED)
    queue.wake(job_names.EXPORT_PURCHASES, channel_id)
    queue.wake(job_names.EXPORT_SHIPMENTS, channel_id)


def _export(conversation: Conversation, log: RunLog) -> None:
    connection = conversation.connection
    connector: ExportsProducts = conversation.connector
    last_id = 0
    while batch := exchange_queries.list_variants_to_export(
        connection.channel_id, account_id=connection.account_id, after_id=last_id, limit=BATCH
    ):
        last_id = batch[-1].variant_id
        skus = _say_skus(batch, connection, log)
        by_sku = {skus[variant.variant_id]: variant for variant in batch if variant.variant_id in skus}
        said = [_message(variant, connection, sku=sku) for sku, variant in by_sku.items()]
        permission = guard.ask_permission()
        if permission is None:
            raise SendingStopped
        with permission.writing():
            outcomes = iter(connector.export_products(said))
            while some := list(islice(outcomes, OUTCOMES_AT_A_TIME)):
                _book(some, by_sku, connection, log)
                reactions.recover(connection, now=clock.now())
        if log.stop_asked:
            return


def _plan(connection: Connection) -> Iterator[PlannedChange]:
    """What the export is about to say, as far as we know what they know."""
    last_id = 0
    while batch := exchange_queries.list_variants_to_export(
        connection.channel_id, account_id=connection.account_id, after_id=last_id, limit=BATCH
    ):
        last_id = batch[-1].variant_id
        mapped = mappings.get_channel_skus(connection.channel_id, [variant.variant_id for variant in batch])
        for variant in batch:
            said = _message(variant, connection, sku=mapped.get(variant.variant_id, variant.sku))
            units = ", ".join(_describe(unit, said) for unit in said.units)
            action = PlannedAction.CHANGE if variant.is_known_there else PlannedAction.CREATE
            after = f"{said.name} ({units})" + ("" if said.active else ", inactive")
            yield PlannedChange(action, variant.sku, "", after)


def _say_skus(batch: Sequence[VariantToExport], connection: Connection, log: RunLog) -> dict[int, str]:
    """The SKU of each at the channel; one whose own SKU stands for another product there is left out and named."""
    mapped = mappings.get_channel_skus(connection.channel_id, [variant.variant_id for variant in batch])
    unmapped = {variant.variant_id: variant.sku for variant in batch if variant.variant_id not in mapped}
    taken = mappings.find_taken(connection.channel_id, unmapped)
    by_id = {variant.variant_id: variant for variant in batch}
    refused = [
        ProductOutcome(
            by_id[variant_id].sku,
            action="refused",
            problem=f"It is the channel SKU of {owner} there; map this one too.",
        )
        for variant_id, owner in taken.items()
    ]
    if refused:
        _book(refused, {by_id[variant_id].sku: by_id[variant_id] for variant_id in taken}, connection, log)
    return mapped | {variant_id: sku for variant_id, sku in unmapped.items() if variant_id not in taken}


def _message(variant: VariantToExport, connection: Connection, *, sku: str) -> ProductMessage:
    return ProductMessage(
        sku=sku,
        name=describe_product(
            connection.product_description, product_name=variant.product_name, variant_name=variant.variant_name
        ),
        base_unit=variant.base.code,
        units=tuple(_say_unit(unit, connection) for unit in (variant.base, *variant.units)),
        active=variant.is_active,
        size_unit=connection.size_unit,
        weight_unit=connection.weight_unit,
    )


def _say_unit(unit: KnownUnit, connection: Connection) -> ProductUnit:
    """Say a unit with its sizes and weight in what the channel measures in, and nothing of what it does not take."""
    taken = directory.get_connector(connection.connector).measures
    size, weight, measures = connection.size_unit, connection.weight_unit, unit.measures
    sizes = size in taken.sizes
    return ProductUnit(
        code=unit.code,
        base_quantity=unit.base_quantity,
        name=unit.name,
        barcode=unit.barcode,
        length=into(measures.length_mm, size) if sizes else None,
        width=into(measures.width_mm, size) if sizes else None,
        height=into(measures.height_mm, size) if sizes else None,
        weight=into(measures.weight_g, weight) if weight in taken.weights else None,
    )


def _describe(unit: ProductUnit, said: ProductMessage) -> str:
    sides = (unit.length, unit.width, unit.height)
    measured = describe(sides, unit.weight, size_unit=said.size_unit, weight_unit=said.weight_unit)
    return f"{unit.code} of {plain(unit.base_quantity)}" + (f" measuring {measured}" if measured else "")


@committing(Failpoint.PRODUCTS_BOOKED)
def _book(
    outcomes: Sequence[ProductOutcome], by_sku: dict[str, VariantToExport], connection: Connection, log: RunLog
) -> None:
    now = clock.now()
    known = [outcome for outcome in outcomes if not outcome.problem]
    refused = [outcome for outcome in outcomes if outcome.problem]
    exchanges.link_subjects(
        [NewLink(by_sku[outcome.sku].variant_id, outcome.external_id, 1) for outcome in known],
        channel_id=connection.channel_id,
        kind="product",
        now=now,
        takes_over=True,
    )
    issues.resolve_issues(
        subject_kind="product",
        subject_ids=[by_sku[outcome.sku].variant_id for outcome in known],
        now=now,
        by="the export",
        causes=[causes.PRODUCT_REFUSED],
    )
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.PRODUCT_REFUSED,
                subject_kind="product",
                subject_id=by_sku[outcome.sku].variant_id,
                subject_label=by_sku[outcome.sku].sku,
                title=f"{connection.name} refused product {outcome.sku}: {outcome.problem}",
                channel_id=connection.channel_id,
            )
            for outcome in refused
        ],
        now=now,
    )
    changed = sum(outcome.action in ("created", "updated") for outcome in known)
    log.report(
        done=len(outcomes),
        changed=changed,
        failed=len(refused),
        lines=[("warning", f"{outcome.sku}: {outcome.problem}") for outcome in refused]
        + [("info", f"{outcome.sku}: {outcome.action}.") for outcome in known if outcome.action != "unchanged"],
    )
