"""Runs the stock report: asks for it, waits for it, and reads its pages as they are needed."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from dockline.connectors.cartoncloud import mapping, schemas
from dockline.connectors.cartoncloud.client import PAGE_SIZE, Client, header_number
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.units import Units
from dockline.connectors.contract import errors, notices
from dockline.connectors.contract.runtime import HttpResponse

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 80.0
_MAX_PAGES = 10_000


class StockReport:
    """The stock of one customer in one warehouse."""

    def __init__(
        self,
        settings: CartonCloudSettings,
        client: Client,
        units: Units,
        customer_id: str,
        sleep: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._client = client
        self._units = units
        self._customer_id = customer_id
        self._sleep = sleep

    def start(self) -> schemas.ReportRun:
        """Ask for a report. Raises `Misconfigured` when the warehouse is not known there."""
        parameters: dict[str, Any] = {"pageSize": PAGE_SIZE, "customer": {"id": self._customer_id}}
        if self._settings.warehouse_name:
            parameters["warehouse"] = {"name": self._settings.warehouse_name}
        try:
            return self._client.start_report(parameters)
        except errors.Refused as refusal:
            raise self._blamed(refusal) from refusal

    def rows(self) -> Iterator[notices.InventoryRow]:
        """Ask for a report, wait for it here and now, and return its rows, read lazily."""
        run = self.start()
        self._require_ours(run)
        size = (run.parameters and run.parameters.page_size) or PAGE_SIZE
        first, response = self._wait(run, size)
        return self._read(first, response, size)

    def _wait(self, run: schemas.ReportRun, size: int) -> tuple[schemas.ReportRun, HttpResponse]:
        waited, pause = 0.0, _FIRST_WAIT_SECONDS
        while waited < self._settings.report_wait_seconds:
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_WAIT_SECONDS)
            answer, response = self._client.read_report(run.id, page=1, size=size)
            if answer.status != "IN_PROCESS":
                self._require_done(answer, run.id)
                return answer, response
        raise errors.NotReached(f"The stock report was not ready after {waited:.0f} seconds.")

    def _read(self, page: schemas.ReportRun, response: HttpResponse, size: int) -> Iterator[notices.InventoryRow]:
        announced = header_number(response, "total-elements")
        read = 0
        for number in range(1, _MAX_PAGES + 1):
            if number > 1:
                page, response = self._client.read_report(page.id, page=number, size=size)
                self._require_done(page, page.id)
                if header_number(response, "total-elements") != announced:
                    raise errors.Unreadable("The stock report changed while it was being read.")
            items = page.items or []
            read += len(items)
            yield from self._rows(items)
            if self._is_last(number, items, response, size):
                break
        if announced is not None and read != announced:
            raise errors.Unreadable(f"The stock report has {read} rows, not {announced} as announced.")

    def _rows(self, items: Sequence[schemas.Item]) -> Iterator[notices.InventoryRow]:
        wanted = ((mapping.sku_of(item), mapping.unit_of(item)) for item in items)
        self._units.look_up(wanted, customer_id=self._customer_id)
        for item in items:
            sku, unit = mapping.sku_of(item), mapping.unit_of(item)
            factor, base_unit = self._units.factor(sku, unit), self._units.base_unit(sku)
            if not sku:
                raise errors.Unreadable("A row of the stock report has no product code.")
            if factor is None or not base_unit:
                problem = f"The stock of {sku} is in {unit or 'no unit'}, whose size is not known."
                yield mapping.inventory_row(item, base_unit=unit, factor=Decimal(1), problem=problem)
            else:
                yield mapping.inventory_row(item, base_unit=unit if factor == 1 else base_unit, factor=factor)

    def _is_last(self, number: int, items: Sequence[schemas.Item], response: HttpResponse, size: int) -> bool:
        pages = header_number(response, "total-pages")
        return number >= pages if pages is not None else len(items) < size

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
