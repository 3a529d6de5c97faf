"""Control of webhooks: where each entity is sent, and what became of every delivery."""

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from cartoncloud_simulator.control.endpoint import Command
from cartoncloud_simulator.rules.refusals import invalid, plain
from cartoncloud_simulator.webhooks.deliveries import Delivery, show_url
from cartoncloud_simulator.webhooks.webhooks import ENTITIES
from cartoncloud_simulator.world import clock
from cartoncloud_simulator.world.entities import Subscription, WebhookStyle

_DEFAULT_NAMES = {"header": "X-Api-Key", "query": "key"}


class NewSubscription(msgspec.Struct, forbid_unknown_fields=True):
    """`name` is that of the header or of the query parameter, `omit` lists parts of the document to leave out."""

    url: str
    style: WebhookStyle = "header"
    name: str | None = None
    secret: str = ""
    omit: tuple[Literal["items", "timestamps", "details", "properties", "type"], ...] = ()


def show_webhooks(command: Command) -> Any:
    """The subscriptions without their secrets, and the newest deliveries after a number."""
    after = command.number("after", 0)
    webhooks = command.simulator.webhooks
    return {
        "subscriptions": {entity: _describe(found) for entity, found in command.world.subscriptions.items()},
        "deliveries": [_show(delivery) for delivery in webhooks.deliveries if delivery.number > after],
    }


def subscribe(command: Command) -> Any:
    entity = _read_entity(command)
    sent = command.read(NewSubscription)
    _check_url(sent.url)
    if sent.style != "none" and not sent.secret:
        raise invalid("/secret", "A secret cannot be empty unless the style is none")
    if not sent.secret.isprintable() or not sent.secret.isascii():
        raise invalid("/secret", "A secret must be printable ASCII")
    name = sent.name or _DEFAULT_NAMES.get(sent.style, "")
    if name and not name.replace("-", "").replace("_", "").isalnum():
        raise invalid("/name", "A name consists of letters, digits, - and _")
    command.simulator.webhooks.subscribe(
        Subscription(entity=entity, url=sent.url, style=sent.style, name=name, secret=sent.secret, omitted=sent.omit)
    )
    return _describe(command.world.subscriptions[entity])


def unsubscribe(command: Command) -> Any:
    entity = _read_entity(command)
    if entity in command.world.subscriptions:
        command.simulator.webhooks.unsubscribe(entity)
    return show_webhooks(command)


def redeliver(command: Command) -> Any:
    number = command.path["number"]
    again = command.simulator.webhooks.redeliver(int(number)) if number.isdigit() and len(number) < 12 else None
    if again is None:
        raise plain(404, "Delivery not found")
    return _show(again)


def _read_entity(command: Command) -> str:
    entity = command.path["entity"]
    if entity not in ENTITIES:
        raise plain(404, f"Unknown entity; there are: {', '.join(ENTITIES)}")
    return entity


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or not url.isprintable() or " " in url:
        raise invalid("/url", "A URL must be an http or https address")
    if "@" in parts.netloc or parts.fragment:
        raise invalid("/url", "A URL holds neither credentials nor a fragment")


def _describe(subscription: Subscription) -> dict[str, Any]:
    return {
        "url": show_url(subscription.url),
        "style": subscription.style,
        "name": subscription.name,
        "omit": subscription.omitted,
    }


def _show(delivery: Delivery) -> dict[str, Any]:
    attempts = [{**attempt, "at": clock.format_precise_time(attempt["at"])} for attempt in delivery.attempts]
    shown = {**msgspec.structs.asdict(delivery), "attempts": attempts, "at": clock.format_precise_time(delivery.at)}
    shown["body"] = delivery.body.decode()
    return {name: value for name, value in shown.items() if value is not None}
