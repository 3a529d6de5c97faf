"""Goes through the connection step by step and tells the operator which setting is to blame."""

from collections.abc import Callable, Iterator

from dockline.connectors.cartoncloud import customers
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.conditions import all_of, any_text, text
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors
from dockline.connectors.contract.notices import CheckReport, CheckStep
from dockline.connectors.contract.runtime import Runtime

_REACHED = "Address reached"
_ACCEPTED = "Credentials accepted"
_NOBODY = "00000000-0000-0000-0000-000000000000"
_NAMES_SHOWN = 5


class Checklist:
    """The steps, in the order in which one needs the other."""

    def __init__(
        self,
        settings: CartonCloudSettings,
        client: Client,
        runtime: Runtime,
        start_report: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._client = client
        self._runtime = runtime
        self._start_report = start_report
        self._customer_id = ""

    def report(self) -> CheckReport:
        """Run the steps until one fails; those after it are not reached."""
        steps = list(self._sign_in())
        for name, field, step in (
            ("Tenant found", "tenant_id", self._tenant),
            ("Customer found", "customer_name", self._customer),
            ("Orders may be read", "", self._orders),
            ("Products may be read", "", self._products),
            ("Packages may be read", "", self._packages),
            ("Stock may be reported", "", self._stock),
        ):
            if not all(earlier.passed for earlier in steps):
                steps.append(CheckStep(name, None, "Not reached."))
                continue
            try:
                steps.append(CheckStep(name, True, step()))
            except errors.ConnectorError as failure:
                steps.append(CheckStep(name, False, failure.message, failure.field if _is_setting(failure) else field))
        return CheckReport(tuple(steps))

    def _sign_in(self) -> Iterator[CheckStep]:
        try:
            self._client.sign_in()
        except errors.NotAuthorised as failure:
            yield CheckStep(_REACHED, True, self._settings.api_url)
            yield CheckStep(_ACCEPTED, False, failure.message, "client_secret")
        except errors.ConnectorError as failure:
            yield CheckStep(_REACHED, False, failure.message, "api_url")
            yield CheckStep(_ACCEPTED, None, "Not reached.")
        else:
            yield CheckStep(_REACHED, True, self._settings.api_url)
            yield CheckStep(_ACCEPTED, True, "Signed in.")

    def _tenant(self) -> str:
        tenants = self._client.who_am_i().tenants or []
        wanted = str(self._settings.tenant_id)
        for tenant in tenants:
            if tenant.id.lower() == wanted:
                return tenant.name or wanted
        seen = ", ".join(f"{tenant.name} ({tenant.id})" for tenant in tenants[:_NAMES_SHOWN]) or "no tenant at all"
        raise errors.Misconfigured(f"These credentials do not belong to this tenant. They see: {seen}.")

    def _customer(self) -> str:
        self._customer_id = customers.customer_id(self._settings, self._client, self._runtime, anew=True)
        return self._settings.customer_name

    def _orders(self) -> str:
        next(self._client.search_orders(self._ours(), size=1))
        return "Orders can be listed."

    def _products(self) -> str:
        next(self._client.search_products(self._ours(), size=1))
        return "Products can be listed."

    def _packages(self) -> str:
        try:
            next(self._client.search_consignments(any_text("/generatedFromTask/id", [_NOBODY]), size=1))
        except errors.NotAuthorised as failure:
            raise errors.NotAuthorised(
                f"Tracking cannot be read: the API client needs the role TMS View Job. {failure.message}"
            ) from failure
        return "Tracking can be read."

    def _stock(self) -> str:
        # Only asked for, not waited for: this is the one call that proves the warehouse's name.
        self._start_report(self._customer_id)
        return f"Warehouse: {self._settings.warehouse_name or 'their default'}."

    def _ours(self) -> dict[str, object]:
        return all_of(text("/customer/id", self._customer_id))


def _is_setting(failure: errors.ConnectorError) -> bool:
    return failure.field in CartonCloudSettings.model_fields
