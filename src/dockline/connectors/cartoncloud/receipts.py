"""Reads what arrived: purchase orders that changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import Client, Page
from dockline.connectors.cartoncloud.conditions import Condition, all_of, not_before, text
from dockline.connectors.cartoncloud.feeds import is_complete, mark_of, newest_of
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.units import Units, is_of_customer
from dockline.connectors.contract import errors
from dockline.connectors.contract.notices import ReceiptNotice, ReceiptPage
from dockline.connectors.contract.runtime import Runtime

_CHANGES_CANNOT_BE_SEARCHED = "inbound-changes-cannot-be-searched"
_BELIEVED = timedelta(days=1)


class Receipts:
    """The purchase orders of one customer."""

    def __init__(
        self, settings: CartonCloudSettings, client: Client, units: Units, customer_id: str, runtime: Runtime
    ) -> None:
        self._settings = settings
        self._client = client
        self._units = units
        self._customer_id = customer_id
        self._runtime = runtime

    def receive(self, position: str) -> Iterator[ReceiptPage]:
        """Read everything changed since the position; only the last page moves it."""
        mark = mark_of(position)
        yield from self._pages(self._changed_since(mark), mark, position)

    def list_since(self, since: datetime) -> Iterator[tuple[ReceiptNotice, ...]]:
        """Read everything changed since an instant on our clock, page by page; complete when it ends."""
        seen: set[str] = set()
        totals: list[int] = []
        for page in self._changed_since(since):
            fresh = [order for order in page.items if is_of_customer(order, self._customer_id) and order.id not in seen]
            seen.update(order.id for order in page.items)
            totals += [] if page.total is None else [page.total]
            yield self._notices(fresh)
        if not is_complete(seen, totals):
            raise errors.NotReached("The purchase orders there changed while they were being listed.")

    def _changed_since(self, since: datetime | None) -> Iterator[Page[schemas.InboundOrder]]:
        """Search what changed since then, and a little before.

        Whether purchase orders can be searched by when they changed is not documented (notes, section 20): where they
        cannot, all of them are read.
        """
        condition = [text("/customer/id", self._customer_id)]
        if since and self._runtime.store.get(_CHANGES_CANNOT_BE_SEARCHED) is None:
            overlap = timedelta(minutes=self._settings.overlap_minutes)
            changed = not_before("/timestamps/modified/time", since - overlap)
            try:
                return self._first_page([*condition, changed])
            except errors.Refused:
                until = self._runtime.now() + _BELIEVED
                self._runtime.store.put(_CHANGES_CANNOT_BE_SEARCHED, "yes", expires_at=until)
        return self._search(condition)

    def _first_page(self, condition: list[Condition]) -> Iterator[Page[schemas.InboundOrder]]:
        """Search, and notice a refusal now rather than while the pages are booked."""
        pages = self._search(condition)
        first = next(pages)

        def all_pages() -> Iterator[Page[schemas.InboundOrder]]:
            yield first
            yield from pages

        return all_pages()

    def _search(self, condition: list[Condition]) -> Iterator[Page[schemas.InboundOrder]]:
        return self._client.search_inbound_orders(all_of(*condition))

    def _pages(
        self, pages: Iterator[Page[schemas.InboundOrder]], mark: datetime | None, position: str
    ) -> Iterator[ReceiptPage]:
        seen: dict[str, int] = {}
        totals: list[int] = []
        newest = mark
        for page in pages:
            fresh = [
                order
                for order in page.items
                if is_of_customer(order, self._customer_id) and seen.get(order.id) != order.version
            ]
            seen.update((order.id, order.version) for order in page.items)
            totals += [] if page.total is None else [page.total]
            stamps = [mapping.instant(order.timestamps.modified if order.timestamps else None) for order in page.items]
            newest = newest_of(newest, stamps, now=self._runtime.now())
            moved = page.is_last and newest and is_complete(seen, totals)
            yield ReceiptPage(
                notices=self._notices(fresh),
                position=newest.isoformat() if moved and newest else position,
            )

    def _notices(self, orders: Sequence[schemas.InboundOrder]) -> tuple[ReceiptNotice, ...]:
        items = [item for order in orders for item in order.items or ()]
        wanted = ((mapping.sku_of(item), mapping.unit_of(item)) for item in items)
        self._units.look_up(wanted, customer_id=self._customer_id)
        return tuple(
            mapping.receipt_notice(order, base_units=self._units.factor, serial_field=self._settings.serial_field)
            for order in orders
        )
