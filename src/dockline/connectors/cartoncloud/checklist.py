"""Goes through the connection step by step and tells the operator which setting or role is to blame."""

from collections.abc import Callable, Iterator

from dockline.connectors.cartoncloud import customers, mapping
from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.conditions import all_of, any_text, text
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors
from dockline.connectors.contract.notices import CheckReport, CheckStep
from dockline.connectors.contract.runtime import Runtime

_REACHED = "Address reached"
_TRUSTED = "Certificate trusted"
_ACCEPTED = "Client Id and Client Secret accepted"
_NOT_REACHED = "Not checked until the step above passes."
_NOBODY = "00000000-0000-0000-0000-000000000000"
_TENANTS_SHOWN = 5


class Checklist:
    """The steps, in the order in which one needs the other. None of them creates or changes anything there."""

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
            ("Role WMS Create Job", "", self._orders),
            ("Warehouse found", "warehouse_name", self._warehouse),
            ("Role WMS Add Product", "", self._adding),
            ("Role WMS Edit Product", "", self._editing),
            ("Role TMS View Job", "", self._tracking),
            ("A product read", "", self._product),
        ):
            steps.append(_take(name, field, step) if all(one.passed for one in steps) else _unreached(name))
        return CheckReport(tuple(steps))

    def _sign_in(self) -> Iterator[CheckStep]:
        address = self._settings.api_url
        trusted = "Trusted." if address.startswith("https:") else "Not encrypted, which only this machine may be."
        try:
            self._client.sign_in()
        except errors.NotAuthorised as failure:
            yield CheckStep(_REACHED, True, address)
            yield CheckStep(_TRUSTED, True, trusted)
            yield CheckStep(_ACCEPTED, False, failure.message, "client_secret")
        except errors.ConnectorError as failure:
            distrusted = isinstance(failure, errors.NotReached) and failure.distrusted
            if distrusted:
                yield CheckStep(_REACHED, True, address)
                yield CheckStep(_TRUSTED, False, failure.message, "api_url")
            else:
                yield CheckStep(_REACHED, False, failure.message, "api_url")
                yield _unreached(_TRUSTED)
            yield _unreached(_ACCEPTED)
        else:
            yield CheckStep(_REACHED, True, address)
            yield CheckStep(_TRUSTED, True, trusted)
            yield CheckStep(_ACCEPTED, True, "Signed in.")

    def _tenant(self) -> str:
        tenants = self._client.who_am_i().tenants or []
        wanted = str(self._settings.tenant_id)
        for tenant in tenants:
            if tenant.id.lower() == wanted:
                return tenant.name or wanted
        seen = ", ".join(f"{tenant.name} ({tenant.id})" for tenant in tenants[:_TENANTS_SHOWN]) or "no tenant at all"
        raise errors.Misconfigured(f"These credentials do not belong to this tenant. They see: {seen}.")

    def _customer(self) -> str:
        self._customer_id = customers.customer_id(self._settings, self._client, self._runtime, anew=True)
        return f"{self._settings.customer_name}, id {self._customer_id}."

    def _orders(self) -> str:
        next(self._client.search_orders(self._ours(), size=1))
        return "Orders can be listed."

    def _warehouse(self) -> str:
        # A report is only asked for, not waited for: it is the one call that proves the warehouse's name.
        self._start_report(self._customer_id)
        return self._settings.warehouse_name or "Their default warehouse."

    def _adding(self) -> str:
        # A product without anything in it is declined for what it lacks, or for the role that we lack.
        _expect_refusal(lambda: self._client.create_product({}))
        return "Products may be created."

    def _editing(self) -> str:
        _expect_refusal(lambda: self._client.change_product(_NOBODY, []))
        return "Products may be changed."

    def _tracking(self) -> str:
        next(self._client.search_consignments(any_text("/generatedFromTask/id", [_NOBODY]), size=1))
        return "Consignments and their tracking can be read."

    def _product(self) -> str:
        found = next(self._client.search_products(self._ours(), size=1)).items
        return f"{mapping.sku_of(found[0])}: {found[0].name}" if found else "The customer has no product there yet."

    def _ours(self) -> dict[str, object]:
        return all_of(text("/customer/id", self._customer_id))


def _take(name: str, field: str, step: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, True, step())
    except customers.Unresolved as failure:
        return CheckStep(name, False, failure.message, failure.field, failure.offers)
    except errors.NotAuthorised as failure:
        asked = f" Ask the warehouse company to give the API Client the {name.lower()[0]}{name[1:]}."
        return CheckStep(name, False, failure.message + (asked if name.startswith("Role") else ""), field)
    except errors.ConnectorError as failure:
        return CheckStep(name, False, failure.message, failure.field if _is_setting(failure) else field)


def _unreached(name: str) -> CheckStep:
    return CheckStep(name, None, _NOT_REACHED)


def _expect_refusal(call: Callable[[], object]) -> None:
    try:
        call()
    except errors.Refused:
        return


def _is_setting(failure: errors.ConnectorError) -> bool:
    return failure.field in CartonCloudSettings.model_fields
