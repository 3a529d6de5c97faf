"""Finds the customer that the settings name, and remembers it for a day."""

import difflib
import hashlib
from datetime import timedelta

from dockline.connectors.cartoncloud.client import Client
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import Runtime

_REMEMBERED = timedelta(days=1)
_NAMES_SHOWN = 5


def customer_id(settings: CartonCloudSettings, client: Client, runtime: Runtime, *, anew: bool = False) -> str:
    """Return the id of our customer. Raises `Misconfigured`, naming near matches, when there is not exactly one."""
    key = _store_key(settings)
    known = None if anew else runtime.store.get(key)
    if known:
        return known
    found = _resolve(settings.customer_name, client)
    runtime.store.put(key, found, expires_at=runtime.now() + _REMEMBERED)
    return found


def _resolve(name: str, client: Client) -> str:
    customers = [customer for customer in client.list_customers() if customer.id and customer.name]
    exact = {customer.id for customer in customers if customer.name == name}
    if len(exact) == 1:
        return exact.pop()
    if exact:
        raise errors.Misconfigured(
            f"{len(exact)} customers there are named {name!r}. Ask the warehouse to rename one.", field="customer_name"
        )
    near = _near(name, [customer.name or "" for customer in customers])
    hint = f"Similar: {', '.join(near)}." if near else f"Our access shows {len(customers)} customers, none similar."
    raise errors.Misconfigured(f"There is no customer named {name!r}. {hint}", field="customer_name")


def _near(name: str, names: list[str]) -> list[str]:
    by_folded = {candidate.casefold(): candidate for candidate in names}
    folded = name.casefold()
    containing = [key for key in by_folded if folded in key or key in folded]
    close = difflib.get_close_matches(folded, by_folded, n=_NAMES_SHOWN, cutoff=0.6)
    return [by_folded[key] for key in dict.fromkeys([*close, *containing])][:_NAMES_SHOWN]


def _store_key(settings: CartonCloudSettings) -> str:
    # Everything that decides the answer is in the key: changed settings resolve again.
    parts = (settings.api_url, str(settings.tenant_id), settings.client_id, settings.customer_name)
    return "customer:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
