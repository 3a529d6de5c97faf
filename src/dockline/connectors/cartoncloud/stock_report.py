"""Runs the stock report: asks for it, waits for it, and reads its pages as they are needed."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import PAGE_SIZE, Client, header_number
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors, notices
from dockline.connectors.contract.runtime import HttpResponse
from dockline.connectors.toolkit import json

_READING = b"1"
"""Raise it whenever the same answer would be read as other rows than before."""
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 80.0
_MAX_PAGES = 10_000


class StockReport:
    """The stock of one customer in one warehouse."""

    def __init__(
        self, settings: CartonCloudSettings, client: Client, customer_id: str, sleep: Callable[[float], None]
    ) -> None:
        self._settings = settings
        self._client = client
        self._customer_id = customer_id
        self._sleep = sleep

    def start(self, stock_fields: Sequence[str] = ()) -> schemas.ReportRun:
        """Ask for a report, told by these fields. Raises `Misconfigured` when the warehouse is not known there."""
        parameters: dict[str, Any] = {"pageSize": PAGE_SIZE, "customer": {"id": self._customer_id}}
        if self._settings.warehouse_name:
            parameters["warehouse"] = {"name": self._settings.warehouse_name}
        if stock_fields:
            parameters["aggregateBy"] = list(stock_fields)
        try:
            return self._client.start_report(parameters)
        except errors.Refused as refusal:
            if stock_fields and "aggregateby" in refusal.field.lower():
                return self.start(_offered(refusal.message, instead_of=stock_fields))
            raise self._blamed(refusal) from refusal

    def open(self, *, by_lot: bool = False) -> Callable[[], Iterator[notices.InventoryPage]]:
        """Ask for a report, wait for it here and now, and return what reads its pages, as often as it is called."""
        run = self.start(mapping.STOCK_FIELDS if by_lot else ())
        self._require_ours(run)
        size = (run.parameters and run.parameters.page_size) or PAGE_SIZE
        first = [self._wait(run.id, size)]

        def pages() -> Iterator[notices.InventoryPage]:
            # The answer that ended the waiting was the first page, once.
            response = first.pop() if first else self._client.get_report(run.id, page=1, size=size)
            return self._follow(run.id, response, size)

        return pages

    def _wait(self, run_id: str, size: int) -> HttpResponse:
        waited, pause = 0.0, _FIRST_WAIT_SECONDS
        while waited < self._settings.report_wait_seconds:
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_WAIT_SECONDS)
            response = self._client.get_report(run_id, page=1, size=size)
            glance = json.peek(response.body, as_type=schemas.ReportGlance)
            if glance is None or glance.status != "IN_PROCESS":
                return response
        raise errors.NotReached(f"The stock report was not ready after {waited:.0f} seconds.")

    def _follow(self, run_id: str, response: HttpResponse, size: int) -> Iterator[notices.InventoryPage]:
        announced = header_number(response, "total-elements")
        read = 0
        for number in range(1, _MAX_PAGES + 1):
            if number > 1:
                response = self._client.get_report(run_id, page=number, size=size)
                if header_number(response, "total-elements") != announced:
                    raise errors.Unreadable("The stock report changed while it was being read.")
            page = self._page(run_id, response)
            read += page.count
            yield page
            if self._is_last(number, page.count, response, size):
                break
        if announced is not None and read != announced:
            raise errors.Unreadable(f"The stock report has {read} rows, not {announced} as announced.")

    def _page(self, run_id: str, response: HttpResponse) -> notices.InventoryPage:
        """A page that is as it should be is read only when somebody wants its rows."""
        glance = json.peek(response.body, as_type=schemas.ReportGlance)
        if glance is None or glance.status != "SUCCESS" or glance.id != run_id:
            rows = self._read(run_id, response)
            return notices.InventoryPage("", len(rows), lambda: rows)
        items = glance.items or []
        digest = hashlib.sha256(_READING)
        for item in items:
            digest.update(item)
        return notices.InventoryPage(digest.hexdigest(), len(items), lambda: self._read(run_id, response))

    def _read(self, run_id: str, response: HttpResponse) -> list[notices.InventoryRow]:
        page = self._client.read_report(response)
        self._require_done(page, run_id)
        rows = [mapping.inventory_row(item) for item in page.items or ()]
        if not all(row.sku for row in rows):
            raise errors.Unreadable("A row of the stock report has no product code.")
        return rows

    def _is_last(self, number: int, count: int, response: HttpResponse, size: int) -> bool:
        pages = header_number(response, "total-pages")
        return number >= pages if pages is not None else count < size

    def _require_done(self, run: schemas.ReportRun, run_id: str) -> None:
        if run.id != run_id:
            raise errors.Unreadable("The answer is about another report.")
        if run.status == "FAILED":
            details = run.failure_details or []
            said = "; ".join(detail.message for detail in details) or "no reason given"
            field = next((detail.field for detail in details if detail.field), "")
            raise self._blamed(errors.Refused(f"The stock report failed: {said}", field=field))
        if run.status != "SUCCESS":
            raise errors.Unreadable(f"The stock report has the unknown status {run.status!r}.")

    def _require_ours(self, run: schemas.ReportRun) -> None:
        echoed = run.parameters and run.parameters.customer and run.parameters.customer.id
        if echoed and echoed != self._customer_id:
            raise errors.Unreadable("The answer is about another customer's report.")

    def _blamed(self, refusal: errors.Refused) -> errors.ConnectorError:
        if "warehouse" not in f"{refusal.field} {refusal.message}".lower():
            return refusal
        return errors.Misconfigured(
            f"The warehouse {self._settings.warehouse_name!r} is not known there: {refusal.message}",
            detail=refusal.detail,
            field="warehouse_name",
            request_id=refusal.request_id,
        )


def _offered(refusal: str, *, instead_of: Sequence[str]) -> list[str]:
    """The fields differ per customer, and a refusal lists those there are (notes, section 14.2)."""
    listed = re.findall(r"\w+", refusal)
    offered = [name for name in mapping.POSSIBLE_STOCK_FIELDS if name in listed]
    return [] if offered == list(instead_of) else offered
