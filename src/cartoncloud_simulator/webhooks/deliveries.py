"""One webhook on its way, and where and how it is sent."""

from typing import Any
from urllib.parse import quote_plus, urlsplit, urlunsplit

from msgspec import Struct, field

from cartoncloud_simulator.world.entities import Subscription

MASK = "•••"


class Delivery(Struct):
    """What is told, and what came of telling it; `state` is waiting, delivered, failed, lost or dropped."""

    number: int
    entity: str
    entity_id: str
    status: str
    at: float
    body: bytes
    state: str = "waiting"
    attempts: list[dict[str, Any]] = field(default_factory=list)
    weather: str | None = None
    redelivers: int | None = None


def address(subscription: Subscription) -> tuple[str, dict[str, str]]:
    """The URL and headers of a delivery, with the secret where the subscription wants it."""
    headers = {"Content-Type": "application/json"}
    match subscription.style:
        case "header":
            headers[subscription.name] = subscription.secret
        case "bearer":
            headers["Authorization"] = f"Bearer {subscription.secret}"
        case "query":
            return _with_query(subscription.url, subscription.name, subscription.secret), headers
    return subscription.url, headers


def show_url(url: str) -> str:
    """The URL without what its query holds."""
    parts = urlsplit(url)
    names = [part.partition("=")[0] for part in parts.query.split("&") if part]
    return urlunsplit(parts._replace(query="&".join(f"{name}={MASK}" for name in names)))


def _with_query(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    added = f"{quote_plus(name)}={quote_plus(value)}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
