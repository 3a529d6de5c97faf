"""Outbound orders with one value in its place."""

from typing import Any

from tests.simulator.caller import ADDRESS, Caller, line

AT = "/details/deliver/address"


def send(api: Caller, path: str, value: Any, reference: str = "SO-1") -> Any:
    """Create an order with one value put in its place; `...` takes what is there out."""
    body = api.order(reference, line("A", 1))
    body["details"] = {"deliver": {"address": dict(ADDRESS)}}
    holder: Any = body
    *holders, last = path.strip("/").split("/")
    for name in holders:
        holder = holder[int(name)] if isinstance(holder, list) else holder.setdefault(name, {})
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return api.post("/outbound-orders", body)


def at(document: Any, path: str) -> Any:
    for name in path.strip("/").split("/"):
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document
