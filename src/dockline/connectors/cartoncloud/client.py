"""Calls to CartonCloud: one method per call, failures become the contract's errors, nothing is repeated."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dockline.connectors.cartoncloud import complaints, schemas
from dockline.connectors.cartoncloud.conditions import Condition
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import HttpResponse, Runtime
from dockline.connectors.toolkit import json, oauth, statuses

FAR_SIDE = "CartonCloud"
CREATE_ORDER_PACE = "create_order"
VERSION = "1"
PRODUCT_VERSION = "8"
"""Products have lengths, widths and heights from version 8 on; below it they are dropped without a word."""
PAGE_SIZE = 100
_MAX_PAGES = 10_000

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a search. `total` is None when the far side does not say how many there are."""

    items: list[T]
    is_last: bool
    total: int | None


class Client:
    """One tenant, one set of credentials."""

    def __init__(self, settings: CartonCloudSettings, runtime: Runtime) -> None:
        self._origin = settings.api_url
        self._tenant = f"/tenants/{settings.tenant_id}"
        self._runtime = runtime
        credentials = oauth.Credentials(
            token_url=f"{settings.api_url}/uaa/oauth/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
        )
        self._tokens = oauth.Tokens(credentials, runtime, raise_for=self._raise_for_sign_in)

    def sign_in(self) -> None:
        """Prove the credentials anew."""
        self._tokens.forget()
        self._tokens.token()

    def who_am_i(self) -> schemas.UserInfo:
        """Ask which tenants our credentials may see."""
        return self._read(self._call("GET", "/uaa/userinfo"), schemas.UserInfo)

    def list_customers(self) -> list[schemas.Named]:
        """List all customers our credentials may see."""
        # This list is not said to be paged: without paging headers, what came is all (notes, section 8).
        pages = self._pages("GET", f"{self._tenant}/customers", schemas.Named, always_paged=False)
        return [customer for page in pages for customer in page.items]

    def create_order(self, body: dict[str, Any]) -> tuple[schemas.OutboundOrder, bool]:
        """Send an order once. The flag says that it was created with issues."""
        path = f"{self._tenant}/outbound-orders"
        response = self._call("POST", path, body=body, writes=True, pace=CREATE_ORDER_PACE, expected=(201, 228))
        return self._read(response, schemas.OutboundOrder, writes=True), response.status == 228

    def find_order(self, order_id: str) -> schemas.OutboundOrder | None:
        """Read one order, or None when CartonCloud itself says that it has no such order."""
        path = f"{self._tenant}/outbound-orders/{_segment(order_id)}"
        response = self._call("GET", path, expected=(200, 404))
        if response.status == 200:
            return self._read(response, schemas.OutboundOrder)
        if not complaints.is_theirs(response.body):
            raise self._error(response, writes=False)
        return None

    def delete_order(self, order_id: str) -> None:
        """Delete an order once. Raises Refused when its status does not allow it; one that is gone is no failure."""
        self._delete(f"{self._tenant}/outbound-orders/{_segment(order_id)}")

    def search_orders(self, condition: Condition, *, size: int = PAGE_SIZE) -> Iterator[Page[schemas.OutboundOrder]]:
        """Search orders, page by page."""
        return self._search("outbound-orders", condition, schemas.OutboundOrder, size)

    def search_inbound_orders(
        self, condition: Condition, *, size: int = PAGE_SIZE
    ) -> Iterator[Page[schemas.InboundOrder]]:
        """Search purchase orders, page by page."""
        return self._search("inbound-orders", condition, schemas.InboundOrder, size)

    def create_inbound_order(self, body: dict[str, Any]) -> tuple[schemas.InboundOrder, bool]:
        """Send a purchase order once. The flag says that it was created with issues."""
        path = f"{self._tenant}/inbound-orders"
        response = self._call("POST", path, body=body, writes=True, expected=(201, 228))
        return self._read(response, schemas.InboundOrder, writes=True), response.status == 228

    def delete_inbound_order(self, order_id: str) -> None:
        """Delete a purchase order once, as `delete_order` does an order."""
        self._delete(f"{self._tenant}/inbound-orders/{_segment(order_id)}")

    def search_consignments(
        self, condition: Condition, *, size: int = PAGE_SIZE
    ) -> Iterator[Page[schemas.Consignment]]:
        """Search consignments, page by page."""
        return self._search("consignments", condition, schemas.Consignment, size)

    def search_products(self, condition: Condition, *, size: int = PAGE_SIZE) -> Iterator[Page[schemas.Product]]:
        """Search products, page by page."""
        return self._search("warehouse-products", condition, schemas.Product, size, version=PRODUCT_VERSION)

    def create_product(self, body: dict[str, Any]) -> schemas.Product:
        """Create a product once."""
        path = f"{self._tenant}/warehouse-products"
        response = self._call("POST", path, body=body, writes=True, expected=(201,), version=PRODUCT_VERSION)
        return self._read(response, schemas.Product, writes=True)

    def change_product(self, product_id: str, changes: list[dict[str, Any]]) -> schemas.Product:
        """Change a product by a JSON Patch."""
        path = f"{self._tenant}/warehouse-products/{_segment(product_id)}"
        response = self._call("PATCH", path, body=changes, writes=True, version=PRODUCT_VERSION)
        return self._read(response, schemas.Product, writes=True)

    def start_report(self, parameters: dict[str, Any]) -> schemas.ReportRun:
        """Ask for a stock report. Asking twice makes two reports and changes nothing, so it counts as reading."""
        body = {"type": "STOCK_ON_HAND", "parameters": parameters}
        response = self._call("POST", f"{self._tenant}/report-runs", body=body, expected=(200, 201))
        return self._read(response, schemas.ReportRun)

    def get_report(self, report_id: str, *, page: int, size: int) -> HttpResponse:
        """Ask for one page of a report, with its paging headers."""
        return self._call("GET", f"{self._tenant}/report-runs/{_segment(report_id)}?page={page}&size={size}")

    def read_report(self, response: HttpResponse) -> schemas.ReportRun:
        """Read a page of a report."""
        return self._read(response, schemas.ReportRun)

    def _search(
        self, resource: str, condition: Condition, kind: type[T], size: int, *, version: str = VERSION
    ) -> Iterator[Page[T]]:
        path = f"{self._tenant}/{resource}/search"
        return self._pages("POST", path, kind, body={"condition": condition}, size=size, version=version)

    def _pages(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: Any = None,
        size: int = PAGE_SIZE,
        always_paged: bool = True,
        version: str = VERSION,
    ) -> Iterator[Page[T]]:
        last_body = b""
        for number in range(1, _MAX_PAGES + 1):
            response = self._call(method, f"{path}?page={number}&size={size}", body=body, version=version)
            items = self._read(response, list[kind])  # type: ignore[valid-type]
            pages = header_number(response, "total-pages")
            is_last = (not items or not always_paged) if pages is None else number >= pages
            yield Page(items, is_last=is_last, total=header_number(response, "total-elements"))
            if is_last:
                return
            if not items or response.body == last_body:
                raise errors.Unreadable("CartonCloud's pages do not follow one another.")
            last_body = response.body
        raise errors.Unreadable(f"There are more than {_MAX_PAGES} pages.")

    def _delete(self, path: str) -> None:
        response = self._call("DELETE", path, writes=True, expected=(204, 404))
        if response.status == 404 and not complaints.is_theirs(response.body):
            raise self._error(response, writes=True)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        writes: bool = False,
        pace: str = "",
        expected: tuple[int, ...] = (200,),
        version: str = VERSION,
    ) -> HttpResponse:
        sent = b"" if body is None else json.encode(body)

        def send(token: str) -> HttpResponse:
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Version": version}
            if sent:
                headers["Content-Type"] = "application/json"
            return self._runtime.http.send(
                method, self._origin + path, headers=headers, body=sent, writes=writes, pace=pace
            )

        response = self._tokens.authorised(send)
        if response.status not in expected:
            raise self._error(response, writes=writes)
        return response

    def _read(self, response: HttpResponse, kind: type[T], *, writes: bool = False) -> T:
        try:
            return json.decode(response.body, as_type=kind)
        except errors.Unreadable as error:
            if statuses.is_web_page(response) and not writes:
                raise errors.Unreadable(f"Something between us and {FAR_SIDE} answered with a web page.") from error
            raise statuses.unreadable(
                f"{FAR_SIDE}'s answer cannot be read: {error.message}",
                response,
                writes=writes,
                detail=self._runtime.redact(error.detail),
            ) from error

    def _error(self, response: HttpResponse, *, writes: bool) -> errors.ConnectorError:
        complaint = complaints.read(response.body, self._runtime.redact)
        return statuses.error_for(
            response, writes=writes, complaint=complaint, far_side=FAR_SIDE, now=self._runtime.now()
        )

    def _raise_for_sign_in(self, response: HttpResponse) -> None:
        if response.status == 200:
            return
        if response.status in (404, 405) and not statuses.is_web_page(response):
            raise errors.Misconfigured(f"There is no {FAR_SIDE} at this address.", field="api_url")
        error = self._error(response, writes=False)
        # The sign-in of some servers calls wrong credentials a bad request.
        if isinstance(error, errors.NotAuthorised | errors.Refused):
            raise errors.NotAuthorised(
                f"{FAR_SIDE} rejected the client ID or the secret: {error.message}",
                detail=error.detail,
                field="client_secret",
                request_id=error.request_id,
            )
        raise error


def header_number(response: HttpResponse, name: str) -> int | None:
    """Read a paging header; a missing or odd one says nothing."""
    value = response.headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


def _segment(identifier: str) -> str:
    # Identifiers come from outside and end up in a path: nothing but their own alphabet may pass.
    if not identifier or not identifier.isascii() or not identifier.replace("-", "").isalnum():
        raise errors.Unreadable("This is not an identifier of CartonCloud.")
    return identifier
