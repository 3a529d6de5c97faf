"""All of Dockline in front of a warehouse system whose answers are spoiled on their way, and calls from strangers.

The simulator answers as it should; a proxy between it and the real client changes every second answer. Orders, purchase
orders, stock and products go through the flows meanwhile, and webhook calls with spoiled bodies, wrong keys and bodies
that were seen before come in by the door. When the sky is clear again, the books must be right.
"""

import http.client
import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.db import connection, transaction
from tests.support.hub import Hub, hub_with_cartoncloud
from tests.support.web_server import running_web

from dockline.domain.channels import operations as channels
from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.channels.queries import get_connection
from dockline.domain.exchanges.models import Position
from dockline.domain.inventory.models import Level
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.flows import invariants, webhooks
from dockline.flows.catalog import export as catalog_export
from dockline.flows.catalog import receive as catalog
from dockline.flows.inbound import export as inbound_export
from dockline.flows.inbound import place
from dockline.flows.inbound import receive as inbound
from dockline.flows.inbound import settle as inbound_settle
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import advance, export, receive, settle, sweep
from dockline.gateway import runtime
from dockline.kit import clock
from proofs import hostile_bodies

SPOILED = 0.5
SKUS = ("MUG", "TEE", "CAP", "JUG")
CHECKED_EVERY, TURNED_EVERY = 20, 5


class Spoiler:
    """Passes requests on to the simulator, and spoils some of its answers. `bodies` counts what was spoiled."""

    def __init__(self, origin: str, seed: int) -> None:
        self.bodies = 0
        self.share = 0.0
        self.last = b""
        self._origin = urlsplit(origin).netloc
        self._random = Random(seed)
        self._bodies = hostile_bodies.bodies(seed + 1, _REAL)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        far = http.client.HTTPConnection(self._origin, timeout=30)
        try:
            far.request(method, path, body or None, headers)
            response = far.getresponse()
            answer = response.read()
        finally:
            far.close()
        kept = {name: value for name, value in response.getheaders() if name.lower() in _PASSED_ON}
        with self._lock:
            share = self.share / 10 if "/token" in path or "/customers" in path else self.share
            if answer and self._random.random() < share:
                answer = self.last = self._spoil(answer)
                self.bodies += 1
                if self._random.random() < 0.1:
                    kept[self._random.choice(("Total-Pages", "Total-Elements"))] = self._random.choice(_ODD_HEADERS)
        return response.status, kept, answer

    def _spoil(self, answer: bytes) -> bytes:
        if self._random.random() < 0.9 and answer[:1] in b"{[":
            return hostile_bodies.changed(answer, hostile_bodies.places_of_values(answer), self._random)
        return next(self._bodies)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        spoiler = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                sent = {name: self.headers[name] for name in self.headers if name.lower() in _SENT_ON}
                status, headers, answer = spoiler.answer(self.command, self.path, sent, body)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(answer)

            do_GET = do_PATCH = do_PUT = do_DELETE = do_POST

            def log_message(self, *_: object) -> None:
                pass

        return Handler


_PASSED_ON = {"content-type", "total-pages", "total-elements", "page-number", "page-size", "date", "retry-after"}
_SENT_ON = {"authorization", "content-type", "accept", "accept-version"}
_ODD_HEADERS = ("0", "-1", "99999999999999999999", "two", "", "1", "1000000")
_REAL = hostile_bodies.real_answers()


@dataclass(frozen=True)
class Round:
    """How many orders and calls come in each round."""

    orders: int
    calls: int


FEW, MANY = Round(orders=5, calls=10), Round(orders=30, calls=40)


@dataclass
class Outcome:
    """What came of a storm. `wrong` says what was not handled, or is not true afterwards."""

    bodies: int = 0
    rounds: int = 0
    calls: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    storms: int = 0

    def add(self, other: "Outcome") -> None:
        """Count what came of one more storm."""
        self.bodies += other.bodies
        self.rounds += other.rounds
        self.calls += other.calls
        self.answered += other.answered
        self.wrong += other.wrong
        self.storms += 1


class _Overheard(logging.Handler):
    """Our own log: a bug that was caught by a last resort is a bug all the same."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        why = f": {record.exc_info[1]!r}" if record.exc_info else ""
        self.heard.append(f"{record.getMessage()}{why}"[:400])


class Storm:
    """A hub, its spoiled far side, and what is done with them, drawn from a seed."""

    def __init__(self, hub: Hub, spoiler: Spoiler, server: str, seed: int, each: Round) -> None:
        self.hub = hub
        self.spoiler = spoiler
        self.random = Random(seed)
        self.each = each
        self.outcome = Outcome()
        self.numbers = iter(range(1, 10**9))
        self.key = webhooks.open_endpoint(hub.channel_id, actor="Ada", now=clock.now())
        page = webhooks.describe(get_connection(hub.channel_id), server=server)
        self.addresses = [address for _, address in page.addresses]
        self.seen: list[bytes] = []
        self.bodies = hostile_bodies.bodies(seed, _REAL)
        self.client = httpx2.Client(timeout=60)

    def rage(self, size: int) -> Outcome:
        """Do round after round until so many bodies were spoiled, then clear up and compare."""
        self.spoiler.share = SPOILED
        overheard = _Overheard()
        logging.getLogger("dockline").addHandler(overheard)
        try:
            while self.spoiler.bodies + self.outcome.calls < size and len(self.outcome.wrong) < 20:
                for deed in self._deeds():
                    channels.resume_channel(self.hub.channel_id)
                    self._attempt(deed)
                self.outcome.rounds += 1
                self._hurry()
                if self.outcome.rounds % TURNED_EVERY == 0:
                    self._turn_products()
                if self.outcome.rounds % CHECKED_EVERY == 0:
                    self._check_invariants()
            self._clear_up()
        finally:
            logging.getLogger("dockline").removeHandler(overheard)
        self.outcome.wrong += overheard.heard
        self.outcome.bodies = self.spoiler.bodies + self.outcome.calls
        return self.outcome

    def _deeds(self) -> list[Callable[[], None]]:
        channel_id = self.hub.channel_id
        deeds: list[Callable[[], None]] = [
            self._orders_come,
            self._strangers_call,
            lambda: catalog.import_products(channel_id),
            lambda: catalog_export.export_products(channel_id),
            lambda: advance.advance_account(self.hub.account_id),
            lambda: export.export_due(channel_id),
            lambda: inbound_export.export_due(channel_id),
            lambda: settle.settle_due(channel_id),
            lambda: inbound_settle.settle_due(channel_id),
            lambda: receive.receive_shipments(channel_id, cause="a storm"),
            lambda: inbound.receive_receipts(channel_id, cause="a storm"),
            lambda: inventory.receive_inventory(channel_id, cause="a storm"),
            lambda: sweep.sweep_channel(channel_id, cause="a storm"),
        ]
        return deeds

    def _attempt(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in frames if "/dockline/" in frame.filename] or [frames[-1]]
            where = f"{ours[-1].filename.rpartition('/dockline/')[2]}:{ours[-1].lineno}"
            self.outcome.wrong.append(f"{type(error).__name__}: {error} at {where}; {self.spoiler.last[:300]!r}"[:700])

    def _orders_come(self) -> None:
        """Some orders and a purchase order come in, and the warehouse does what lies there."""
        assert self.hub.far is not None
        for _ in range(self.each.orders):
            sku = self.random.choice(SKUS)
            self.hub.order(f"SO-{next(self.numbers)}", **{sku: self.random.randint(1, 3)})
        goods = NewPurchaseLine(self.random.choice(SKUS), Decimal(5))
        place.place_purchase(
            account_id=self.hub.account_id,
            warehouse_id=self.hub.warehouse_id,
            content=PurchaseContent(f"PO-{next(self.numbers)}", [goods]),
            as_draft=False,
            actor="Ada",
            now=clock.now(),
        )
        self.hub.far.control.post("/crew/step", {"stage": "all"})

    def _strangers_call(self) -> None:
        """Calls with spoiled bodies and the right key, with a wrong key, and some that were here before."""
        before = self._facts()
        for _ in range(self.each.calls):
            chance, body, key = self.random.random(), next(self.bodies), self.key
            if chance < 0.3 and self.seen:
                body = self.random.choice(self.seen)
            elif chance < 0.6:
                key = self.random.choice(("", "wrong", self.key[:-1], self.key + "x"))
            answer = self.client.post(
                self.random.choice(self.addresses),
                content=body,
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}".strip()},
            )
            self.outcome.calls += 1
            self.outcome.answered[answer.status_code] += 1
            expected = (404,) if key != self.key else (202, 400)
            if answer.status_code not in expected:
                self.outcome.wrong.append(f"a call was answered {answer.status_code}: {body[:300]!r}")
            if answer.status_code == 202:
                self.seen = [*self.seen[-50:], body]
        if self._facts() != before:
            self.outcome.wrong.append("a call changed the books")

    def _facts(self) -> Any:
        """What no call may change: orders, shipments, stock and history."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM history_event), (SELECT sum(on_hand) FROM inventory_level),"
                " (SELECT count(*) || max(wake_at)::text FROM orders_salesorder),"
                " (SELECT string_agg(status || dispatch, ',' ORDER BY id) FROM shipments_shipment)"
            )
            return cursor.fetchone()

    def _turn_products(self) -> None:
        """Let products travel the other way from now on."""
        masters = Channel.objects.filter(id=self.hub.channel_id, is_product_master=True).exists()
        with transaction.atomic():
            channels.mark_product_master(self.hub.account_id, channel_id=None if masters else self.hub.channel_id)

    def _hurry(self) -> None:
        """What waits for a moment need not wait in the next round; what is woken is done by the round itself."""
        with connection.cursor() as cursor:
            for table in ("shipments_shipment", "purchases_purchaseorder", "orders_salesorder"):
                cursor.execute(f"UPDATE {table} SET wake_at = now() WHERE wake_at > now()")
            cursor.execute("DELETE FROM queue_wakeup; DELETE FROM procrastinate_jobs")

    def _check_invariants(self) -> None:
        self.outcome.wrong += [f"{one.sentence} {one.examples[:2]}" for one in invariants.list_violations()]

    def _clear_up(self) -> None:
        """With a clear sky everything is looked for once more, and stock and positions are what they are there."""
        assert self.hub.far is not None
        self.spoiler.share = 0.0
        StoredText.objects.all().delete()
        runtime.end_conversations()
        for deed in self._deeds():
            channels.resume_channel(self.hub.channel_id)
            self._attempt(deed)
        channels.resume_channel(self.hub.channel_id)
        inventory.receive_inventory(self.hub.channel_id, cause="a clear sky")
        self._check_invariants()
        tomorrow = (clock.now() + timedelta(days=1)).isoformat()
        for feed, value in Position.objects.filter(value__gt=tomorrow).values_list("feed", "value"):
            self.outcome.wrong.append(f"the feed {feed} waits for {value}")
        there = Counter(row["reference"] for row in self.hub.far_orders())
        self.outcome.wrong += [f"{reference} is there {count} times" for reference, count in there.items() if count > 1]
        levels = dict(Level.objects.values_list("variant__sku", "on_hand"))
        for sku in SKUS:
            on_hand = Decimal(self.hub.far.control.stock_of(sku)[0])
            if levels.get(sku) != on_hand:
                self.outcome.wrong.append(f"{sku}: {levels.get(sku)} in the books, {on_hand} there")


@contextmanager
def storm(seed: int, each: Round = FEW) -> Iterator[Storm]:
    """A hub in Webhook mode that reaches its simulator through a spoiler; needs Django and an empty database."""
    with hub_with_cartoncloud() as hub:
        assert hub.far is not None
        hub.stock(**dict.fromkeys(SKUS, 100_000))
        spoiler = Spoiler(hub.far.base_url, seed)
        row = Channel.objects.get(id=hub.channel_id)
        row.settings = {**row.settings, "api_url": spoiler.origin}
        row.automation_mode = "webhook"
        row.save(update_fields=["settings", "automation_mode"])
        runtime.end_conversations()
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        try:
            with running_web() as server:
                storm = Storm(hub, spoiler, server, seed, each)
                yield storm
                storm.client.close()
        finally:
            runtime.end_conversations()
            spoiler.stop()
