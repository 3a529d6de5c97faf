"""Sends and finds purchase orders, and takes them back."""

from collections.abc import Mapping, Sequence

import msgspec

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import FAR_SIDE, Client
from dockline.connectors.cartoncloud.conditions import Condition, all_of, any_text, text
from dockline.connectors.cartoncloud.feeds import is_complete
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.units import BATCH, Units, batches, is_of_customer
from dockline.connectors.contract import errors, messages, notices


class Purchases:
    """The purchase orders of one customer, on their way there."""

    def __init__(self, settings: CartonCloudSettings, client: Client, units: Units, customer_id: str) -> None:
        self._settings = settings
        self._client = client
        self._units = units
        self._customer_id = customer_id

    def export(self, message: messages.PurchaseMessage) -> notices.ReceiptNotice:
        """Send a purchase order once and return it as CartonCloud now has it."""
        # What we call the base unit needs no look-up when it comes back.
        self._units.learn_base_units(
            (line.sku, line.quantity.unit) for line in message.lines if line.quantity.amount == line.base_quantity != 0
        )
        body = mapping.inbound_body(
            message,
            customer_id=self._customer_id,
            warehouse_name=self._settings.warehouse_name,
            serial_field=self._settings.serial_field,
        )

        try:
            order, has_issues = self._client.create_inbound_order(body)
        except errors.Refused as refusal:
            raise self._with_existing_id(refusal, message.reference) from refusal

        self._check_echo(order, message.reference)
        try:
            notice = self._notices([order])[0]
        except errors.ConnectorError as failure:
            raise errors.OutcomeUnknown(
                f"{FAR_SIDE} created it, but its lines could not be read: {failure.message}", detail=failure.detail
            ) from failure
        if has_issues and notice.status is not notices.FarReceiptStatus.REJECTED:
            # Created with issues means rejected (CartonCloud API notes, section 1); anything else we cannot read.
            return msgspec.structs.replace(notice, status=notices.FarReceiptStatus.UNKNOWN)
        return notice

    def find(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ReceiptNotice, ...]]:
        """Find purchase orders by exactly these references."""
        found: dict[str, list[notices.ReceiptNotice]] = {reference: [] for reference in references}
        asked = [reference for reference in found if reference]
        for batch in batches(asked, BATCH):
            orders = self._search_completely(any_text("/references/customer", batch))
            for notice in self._notices([order for order in orders if mapping.reference_of(order) in found]):
                found[notice.reference].append(notice)
        return {reference: tuple(listed) for reference, listed in found.items()}

    def cancel(self, external_id: str) -> notices.CancelAnswer:
        """Delete a purchase order; which states allow it is a setting over there (notes, section 12.1)."""
        try:
            self._client.delete_inbound_order(external_id)
        except errors.Refused as refusal:
            return notices.CancelAnswer(done=False, reason=refusal.message)
        return notices.CancelAnswer(done=True)

    def _notices(self, orders: Sequence[schemas.InboundOrder]) -> list[notices.ReceiptNotice]:
        items = [item for order in orders for item in order.items or ()]
        wanted = ((mapping.sku_of(item), mapping.unit_of(item)) for item in items)
        self._units.look_up(wanted, customer_id=self._customer_id)
        return [
            mapping.receipt_notice(order, base_units=self._units.factor, serial_field=self._settings.serial_field)
            for order in orders
        ]

    def _search_completely(self, condition: Condition) -> list[schemas.InboundOrder]:
        found: dict[str, schemas.InboundOrder] = {}
        totals: list[int] = []
        for page in self._client.search_inbound_orders(all_of(text("/customer/id", self._customer_id), condition)):
            found.update((order.id, order) for order in page.items)
            totals += [] if page.total is None else [page.total]
        if not is_complete(found, totals):
            raise errors.NotReached("The purchase orders there changed while they were being listed.")
        return [order for order in found.values() if is_of_customer(order, self._customer_id)]

    def _check_echo(self, order: schemas.InboundOrder, reference: str) -> None:
        warehouse = self._settings.warehouse_name
        echoed = (order.warehouse and order.warehouse.name) or warehouse
        if (
            not order.id
            or mapping.reference_of(order) != reference
            or not is_of_customer(order, self._customer_id)
            or (warehouse and echoed != warehouse)
        ):
            raise errors.OutcomeUnknown("The answer is about another purchase order than the one that was sent.")

    def _with_existing_id(self, refusal: errors.Refused, reference: str) -> errors.Refused:
        # Old servers call a duplicate by words only (notes, section 12.7); which order it is can be looked up.
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
