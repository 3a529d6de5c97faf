"""Finds the customer that the settings name, and remembers it for a day."""

import difflib
import hashlib
from collections.abc import Iterable
from datetime import timedelta

from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors
from dockline.connectors.contract.notices import CheckOffer
from dockline.connectors.contract.runtime import Runtime

_REMEMBERED = timedelta(days=1)
_NAMES_SHOWN = 5


class Unresolved(errors.Misconfigured):
    """There is not exactly one such customer; `offers` are those there are."""

    def __init__(self, message: str, *, field: str, offers: tuple[CheckOffer, ...]) -> None:
        super().__init__(message, field=field)
        self.offers = offers


def customer_id(settings: CartonCloudSettings, client: Client, runtime: Runtime, *, anew: bool = False) -> str:
    """Return the id of our customer. Raises `Misconfigured`, naming near matches, when there is not exactly one."""
    key = _store_key(settings)
    known = None if anew else runtime.store.get(key)
    if known:
        return known
    found = _resolve(settings, client)
    runtime.store.put(key, found, expires_at=runtime.now() + _REMEMBERED)
    return found


def _resolve(settings: CartonCloudSettings, client: Client) -> str:
    name, wanted = settings.customer_name, str(settings.customer_id or "")
    customers = [customer for customer in client.list_customers() if customer.id and customer.name]
    exact = {customer.id for customer in customers if customer.name == name}
    if wanted in exact or (len(exact) == 1 and not wanted):
        return wanted or exact.pop()
    if wanted and exact:
        raise Unresolved(
            f"The customer {name!r} there has another id than {wanted}.",
            field="customer_id",
            offers=_by_id(name, exact),
        )
    if exact:
        raise Unresolved(
            f"{len(exact)} customers there are named {name!r}. Choose one by its id.",
            field="customer_id",
            offers=_by_id(name, exact),
        )
    near = _near(name, [customer.name or "" for customer in customers])
    hint = f"Similar: {', '.join(near)}." if near else f"Our access shows {len(customers)} customers, none similar."
    shown = near or sorted({customer.name or "" for customer in customers})[:_NAMES_SHOWN]
    raise Unresolved(
        f"There is no customer named {name!r}. {hint}",
        field="customer_name",
        offers=tuple(CheckOffer(one, "customer_name", one) for one in shown),
    )


def _by_id(name: str, ids: Iterable[str]) -> tuple[CheckOffer, ...]:
    return tuple(CheckOffer(f"{name} · {one}", "customer_id", one) for one in sorted(ids)[:_NAMES_SHOWN])


def _near(name: str, names: list[str]) -> list[str]:
    by_folded = {candidate.casefold(): candidate for candidate in names}
    folded = name.casefold()
    containing = [key for key in by_folded if folded in key or key in folded]
    close = difflib.get_close_matches(folded, by_folded, n=_NAMES_SHOWN, cutoff=0.6)
    return [by_folded[key] for key in dict.fromkeys([*close, *containing])][:_NAMES_SHOWN]


def _store_key(settings: CartonCloudSettings) -> str:
    # Everything that decides the answer is in the key: changed settings resolve again.
    parts = (
        settings.api_url,
        str(settings.tenant_id),
        settings.client_id,
        settings.customer_name,
        str(settings.customer_id),
    )
    return "customer:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
