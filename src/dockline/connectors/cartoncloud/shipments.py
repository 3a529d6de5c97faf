"""Sends, finds and reads sale orders, and reads what changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from dockline.connectors.cartoncloud import mapping, packages, schemas
from dockline.connectors.cartoncloud.client import FAR_SIDE, Client
from dockline.connectors.cartoncloud.conditions import Condition, all_of, any_text, not_before, text
from dockline.connectors.cartoncloud.feeds import is_complete, mark_of, newest_of
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.units import BATCH, Units, batches, is_of_customer, require_ours
from dockline.connectors.contract import errors, messages, notices

_WITH_PACKAGES = frozenset({"PACKED", "DISPATCHED"})


class Shipments:
    """The sale orders of one customer."""

    def __init__(self, settings: CartonCloudSettings, client: Client, units: Units, customer_id: str) -> None:
        self._settings = settings
        self._client = client
        self._units = units
        self._customer_id = customer_id

    def export(self, message: messages.ShipmentMessage) -> notices.ShipmentNotice:
        """Send an order once and return it as CartonCloud now has it."""
        # What we call the base unit needs no look-up when it comes back.
        self._units.learn_base_units(
            (line.sku, line.quantity.unit) for line in message.lines if line.quantity.amount == line.base_quantity != 0
        )
        body = mapping.order_body(
            message,
            customer_id=self._customer_id,
            warehouse_name=self._settings.warehouse_name,
            line_field=self._settings.line_reference_field,
        )

        try:
            order, has_issues = self._client.create_order(body)
        except errors.Refused as refusal:
            raise self._with_existing_id(refusal, message.reference) from refusal

        self._check_echo(order, message.reference)
        try:
            notice = self._notices([order])[0]
        except errors.ConnectorError as failure:
            raise errors.OutcomeUnknown(
                f"{FAR_SIDE} created it, but its lines could not be read: {failure.message}", detail=failure.detail
            ) from failure
        if has_issues and notice.status is not notices.FarStatus.REJECTED:
            # Created with issues means rejected (CartonCloud API notes, section 1); anything else we cannot read.
            return _with_status(notice, notices.FarStatus.UNKNOWN)
        return notice

    def find(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ShipmentNotice, ...]]:
        """Find orders by exactly these references."""
        found: dict[str, list[notices.ShipmentNotice]] = {reference: [] for reference in references}
        asked = [reference for reference in found if reference]
        for batch in batches(asked, BATCH):
            orders = self._search_completely(any_text("/references/customer", batch))
            for notice in self._notices([order for order in orders if mapping.reference_of(order) in found]):
                found[notice.reference].append(notice)
        return {reference: tuple(listed) for reference, listed in found.items()}

    def read(self, external_id: str) -> notices.ShipmentNotice | None:
        """Read one order back with its packages."""
        order = self._client.find_order(external_id)
        if order is None:
            return None
        require_ours(order, customer_id=self._customer_id)
        if order.id != external_id:
            raise errors.Unreadable("The answer is about another order.")
        return self._notices([order], packages.of_orders(self._client, [order]))[0]

    def cancel(self, external_id: str) -> notices.CancelAnswer:
        """Delete an order, in the statuses in which a setting there lets us (notes, sections 11.6 and 11.7)."""
        try:
            self._client.delete_order(external_id)
        except errors.Refused as refusal:
            return notices.CancelAnswer(done=False, reason=refusal.message)
        return notices.CancelAnswer(done=True)

    def receive(self, position: str, *, now: datetime) -> Iterator[notices.ShipmentPage]:
        """Read everything changed since the position, page by page; only the last page moves the position."""
        mark = mark_of(position)
        condition = [text("/customer/id", self._customer_id)]
        if mark:
            overlap = timedelta(minutes=self._settings.overlap_minutes)
            condition.append(not_before("/timestamps/modified/time", mark - overlap))

        seen: dict[str, int] = {}
        totals: list[int] = []
        newest = mark
        for page in self._client.search_orders(all_of(*condition)):
            fresh = [
                order
                for order in page.items
                if is_of_customer(order, self._customer_id) and seen.get(order.id) != order.version
            ]
            seen.update((order.id, order.version) for order in page.items)
            totals += [] if page.total is None else [page.total]
            newest = newest_of(newest, map(_modified, page.items), now=now)
            moved = page.is_last and newest and is_complete(seen, totals)
            yield notices.ShipmentPage(
                notices=self._with_packages(fresh), position=newest.isoformat() if moved and newest else position
            )

    def list_since(self, since: datetime) -> Iterator[tuple[notices.ShipmentNotice, ...]]:
        """Read everything changed since an instant on our clock, page by page; complete when it ends."""
        condition = all_of(
            text("/customer/id", self._customer_id),
            not_before("/timestamps/modified/time", since - timedelta(minutes=self._settings.overlap_minutes)),
        )
        seen: set[str] = set()
        totals: list[int] = []
        for page in self._client.search_orders(condition):
            fresh = [order for order in page.items if is_of_customer(order, self._customer_id) and order.id not in seen]
            seen.update(order.id for order in page.items)
            totals += [] if page.total is None else [page.total]
            yield tuple(self._notices(fresh))
        if not is_complete(seen, totals):
            raise errors.NotReached("The orders there changed while they were being listed.")

    def _with_packages(self, orders: Sequence[schemas.OutboundOrder]) -> tuple[notices.ShipmentNotice, ...]:
        sent = [order for order in orders if order.status in _WITH_PACKAGES]
        return tuple(self._notices(orders, packages.of_orders(self._client, sent)))

    def _notices(
        self,
        orders: Sequence[schemas.OutboundOrder],
        packages_by_order: Mapping[str, Sequence[notices.Package]] | None = None,
    ) -> list[notices.ShipmentNotice]:
        items = [item for order in orders for item in order.items or ()]
        wanted = ((mapping.sku_of(item), mapping.unit_of(item)) for item in items)
        self._units.look_up(wanted, customer_id=self._customer_id)
        return [
            mapping.shipment_notice(
                order,
                base_units=self._units.factor,
                line_field=self._settings.line_reference_field,
                packages=(packages_by_order or {}).get(order.id, ()),
            )
            for order in orders
        ]

    def _search_completely(self, condition: Condition) -> list[schemas.OutboundOrder]:
        found: dict[str, schemas.OutboundOrder] = {}
        totals: list[int] = []
        for page in self._client.search_orders(all_of(text("/customer/id", self._customer_id), condition)):
            found.update((order.id, order) for order in page.items)
            totals += [] if page.total is None else [page.total]
        if not is_complete(found, totals):
            raise errors.NotReached("The orders there changed while they were being listed.")
        return [order for order in found.values() if is_of_customer(order, self._customer_id)]

    def _check_echo(self, order: schemas.OutboundOrder, reference: str) -> None:
        warehouse = self._settings.warehouse_name
        echoed = (order.warehouse and order.warehouse.name) or warehouse
        if (
            not order.id
            or mapping.reference_of(order) != reference
            or not is_of_customer(order, self._customer_id)
            or (warehouse and echoed != warehouse)
        ):
            raise errors.OutcomeUnknown("The answer is about another order than the one that was sent.")

    def _with_existing_id(self, refusal: errors.Refused, reference: str) -> errors.Refused:
        # Old servers call a duplicate by words only (notes, section 11.6); which order it is can be looked up.
        is_duplicate = refusal.field == "/references/customer" or "already exists" in refusal.message.lower()
        if refusal.existing_id or not is_duplicate:
            return refusal
        there = self.find([reference])[reference]
        return errors.Refused(
            refusal.message,
            detail=refusal.detail,
            field=refusal.field,
            request_id=refusal.request_id,
            existing_id=there[0].external_id if there else "",
            already_there=True,
        )


def _modified(order: schemas.OutboundOrder) -> datetime | None:
    return mapping.instant(order.timestamps.modified if order.timestamps else None)


def _with_status(notice: notices.ShipmentNotice, status: notices.FarStatus) -> notices.ShipmentNotice:
    return msgspec.structs.replace(notice, status=status)
