"""Webhooks: a document is sent when it is created and when its status changes, one after another per entity.

Other occasions are a setting. Sees what the world changes; deliveries wait in memory alone, so those not sent when the
simulator ends are dropped.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from cartoncloud_simulator.api import inbound_wire, wire
from cartoncloud_simulator.api.wire_log import LOST, WireLog
from cartoncloud_simulator.settings import WebhookTrigger
from cartoncloud_simulator.weather.weather import Weather
from cartoncloud_simulator.webhooks.deliveries import MASK, Delivery, address, show_url
from cartoncloud_simulator.world.entities import Change, Consignment, Gone, Order, OrderProgress, Subscription
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.world import World

_MOST_KEPT = 1_000
_MOST_WAITING = 10_000
_HELD_SECONDS = 60
_KINDS: dict[type, str] = {
    Order: "outbound_orders",
    OrderProgress: "outbound_orders",
    InboundOrder: "inbound_orders",
    Consignment: "consignments",
}
_GONE = {"order": "outbound_orders", "inbound": "inbound_orders", "consignment": "consignments"}
ENTITIES: dict[str, tuple[Callable[[World], dict[str, Any]], Callable[[World, Any], bytes]]] = {
    "outbound_orders": (lambda world: world.orders.by_id, wire.order_bytes),
    "inbound_orders": (lambda world: world.inbound_orders.by_id, inbound_wire.order_bytes),
    "consignments": (lambda world: world.consignments.by_id, wire.consignment_bytes),
}


class Webhooks:
    """The deliveries of one simulator: those waiting, and a log of the newest."""

    def __init__(self, world: World, weather: Weather, log: WireLog) -> None:
        self._world = world
        self._weather = weather
        self._log = log
        self._known: dict[str, dict[str, tuple[str, int]]] = {}
        self._queues: dict[str, deque[Delivery]] = {entity: deque() for entity in ENTITIES}
        self._held: dict[str, list[Delivery]] = {entity: [] for entity in ENTITIES}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._client: Any = None
        self._number = 0
        self._is_open = False
        self.deliveries: deque[Delivery] = deque(maxlen=_MOST_KEPT)
        for entity in world.subscriptions:
            self._learn(entity)
        world.watch = self._see

    def open(self) -> None:
        """Begin to send; needs a running event loop."""
        self._is_open = True
        for entity in ENTITIES:
            self._wake(entity)

    async def close(self) -> None:
        self._is_open = False
        for worker in self._workers.values():
            worker.cancel()
        if self._client is not None:
            await self._client.aclose()

    async def settle(self) -> None:
        """Return once nothing is on its way but what waits for a later moment."""
        while busy := [worker for worker in self._workers.values() if not worker.done()]:
            await asyncio.gather(*busy, return_exceptions=True)

    def subscribe(self, subscription: Subscription) -> None:
        """Send this entity there from now on; what exists already is not told."""
        self._world.save(subscription)
        self._learn(subscription.entity)

    def unsubscribe(self, entity: str) -> None:
        self._world.remove("webhook", entity)
        self._known.pop(entity, None)

    def redeliver(self, number: int) -> Delivery | None:
        """Send a delivery of the log once more, as it was."""
        for found in self.deliveries:
            if found.number == number:
                again = self._add(found.entity, found.entity_id, found.status, found.body)
                again.redelivers = number
                self._enqueue(again)
                return again
        return None

    def _learn(self, entity: str) -> None:
        """Know the present statuses and versions, so that only changes from here on are told."""
        everything = ENTITIES[entity][0](self._world)
        self._known[entity] = {found.id: (found.status, found.version) for found in everything.values()}

    def _see(self, change: Change) -> None:
        entity = _GONE.get(change.kind, "") if isinstance(change, Gone) else _KINDS.get(type(change), "")
        subscription = self._world.subscriptions.get(entity)
        if subscription is None:
            return
        known, triggers = self._known[entity], self._world.settings.webhook_triggers
        if isinstance(change, Gone):
            status, _ = known.pop(change.id, ("", 0))
            if "deleted" in triggers:
                self._tell(subscription, change.id, status)
            return
        assert isinstance(change, Order | OrderProgress | InboundOrder | Consignment)
        status, version = known.get(change.id, ("", 0))
        known[change.id] = change.status, change.version
        trigger: WebhookTrigger = "created" if not version else "status" if status != change.status else "changed"
        if trigger in triggers and (trigger != "changed" or version != change.version):
            self._tell(subscription, change.id, change.status)

    def _tell(self, subscription: Subscription, entity_id: str, status: str) -> None:
        everything, encode = ENTITIES[subscription.entity]
        body = encode(self._world, everything(self._world)[entity_id])
        if subscription.omitted:
            document = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            body = msgspec.json.encode(
                {name: part for name, part in document.items() if name not in subscription.omitted}
            )
        delivery = self._add(subscription.entity, entity_id, status, body)
        fault = self._weather.take(f"webhook_{subscription.entity}")
        delivery.weather = fault.do if fault else None
        delay = self._world.settings.webhook_delay_seconds
        match delivery.weather:
            case "webhook_lose":
                delivery.state = LOST
                return
            case "webhook_double":
                twin = self._add(subscription.entity, entity_id, status, body)
                twin.weather = delivery.weather
                self._later(delay, twin)
            case "webhook_late":
                delay += fault.delay_seconds if fault else 0
            case "webhook_reorder":
                self._held[subscription.entity].append(delivery)
                self._world.timetable.at(
                    self._world.clock.seconds() + _HELD_SECONDS, lambda: self._let_go(subscription.entity)
                )
                return
        self._later(delay, delivery)

    def _add(self, entity: str, entity_id: str, status: str, body: bytes) -> Delivery:
        self._number += 1
        delivery = Delivery(self._number, entity, entity_id, status, self._world.clock.seconds(), body)
        self.deliveries.append(delivery)
        return delivery

    def _later(self, delay: float, delivery: Delivery) -> None:
        if delay:
            self._world.timetable.at(self._world.clock.seconds() + delay, lambda: self._enqueue(delivery))
        else:
            self._enqueue(delivery)

    def _enqueue(self, delivery: Delivery) -> None:
        queue = self._queues[delivery.entity]
        queue.append(delivery)
        if len(queue) > _MOST_WAITING:
            queue.popleft().state = "dropped"
        self._let_go(delivery.entity)

    def _let_go(self, entity: str) -> None:
        """Send what was held back behind what is waiting now."""
        self._queues[entity].extend(self._held[entity])
        self._held[entity].clear()
        self._wake(entity)

    def _wake(self, entity: str) -> None:
        worker = self._workers.get(entity)
        if self._is_open and self._queues[entity] and (worker is None or worker.done()):
            self._workers[entity] = asyncio.get_running_loop().create_task(self._work(entity))

    async def _work(self, entity: str) -> None:
        queue = self._queues[entity]
        while queue:
            delivery = queue.popleft()
            # Nothing is told before it is certain to be kept.
            await self._world.settled()
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        subscription = self._world.subscriptions.get(delivery.entity)
        if subscription is None:
            delivery.state = "dropped"
            return
        began, at = time.perf_counter(), self._world.clock.seconds()
        status, problem = await self._post(subscription, delivery.body)
        seconds = time.perf_counter() - began
        outcome = {"at": at, "status": status, "problem": problem, "milliseconds": round(seconds * 1000, 3)}
        delivery.attempts.append({name: value for name, value in outcome.items() if value is not None})
        self._log.add_sent(_describe(subscription, delivery, status), seconds)
        if status is not None and 200 <= status < 300:
            delivery.state = "delivered"
            return
        settings = self._world.settings
        if len(delivery.attempts) <= settings.webhook_retries:
            wait = settings.webhook_retry_seconds * 2 ** (len(delivery.attempts) - 1)
            self._world.timetable.at(self._world.clock.seconds() + wait, lambda: self._enqueue(delivery))
        else:
            delivery.state = "failed"

    async def _post(self, subscription: Subscription, body: bytes) -> tuple[int | None, str | None]:
        """The status answered, or what went wrong; redirects are answers like others."""
        import httpx2

        if self._client is None:
            self._client = httpx2.AsyncClient(follow_redirects=False, trust_env=False, verify=_shared_tls())
        url, headers = address(subscription)
        timeout = self._world.settings.webhook_timeout_seconds
        try:
            async with asyncio.timeout(timeout):
                async with self._client.stream("POST", url, content=body, headers=headers, timeout=timeout) as answer:
                    return answer.status_code, None
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            return None, type(error).__name__


@cache
def _shared_tls() -> ssl.SSLContext:
    """The TLS settings of all deliveries: loading the trusted certificates costs more than a hundred of them."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)


def _describe(subscription: Subscription, delivery: Delivery, status: int | None) -> dict[str, Any]:
    url, headers = address(subscription)
    shown = {name: value if name == "Content-Type" else MASK for name, value in headers.items()}
    facts: dict[str, Any] = {
        "direction": "out",
        "operation": f"webhook_{delivery.entity}",
        "method": "POST",
        "path": show_url(url),
        "request": {"headers": shown, "body": delivery.body.decode()[:8_192]},
        "status": status if status is not None else LOST,
    }
    if delivery.weather:
        facts["weather"] = {"operation": facts["operation"], "do": delivery.weather}
    return facts
