"""Deaths at every failpoint: what is done, what the far side does meanwhile, and whether all came right in the end.

A scenario is prepared by people and by the warehouse, and then worked at by one worker: first undisturbed, which tells
every failpoint that is passed; then once for each of them, and there the worker dies. Its sessions are cut off by the
database, as those of a killed process are, and nothing of it reaches database or warehouse any more. Another worker
takes over and goes on until nothing is under way. Time is skipped where somebody waits.

The short form is a chain: each worker dies at the first of some steps that none before it has died at, and the next
takes over.
"""

import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import conninfo
from tests.support.hub import Hub

from dockline.connectors.cartoncloud import stock_report
from dockline.domain.channels.models import Channel, LearnedPace, PaceClock, Schedule
from dockline.domain.channels.operations import PROBE
from dockline.domain.channels.queries import get_channel, get_connection
from dockline.domain.channels.rules import ChannelId
from dockline.domain.exchanges.models import Link
from dockline.domain.guard.models import Guard, Sender
from dockline.domain.inventory.models import Level
from dockline.domain.orders.models import SalesOrder
from dockline.domain.products.models import Variant
from dockline.domain.purchases.models import PurchaseOrder, PurchaseOrderLine
from dockline.domain.purchases.operations import NewPurchaseLine, PurchaseContent
from dockline.domain.runs.rules import RunKind
from dockline.domain.shipments.models import CancelWish, Shipment
from dockline.flows import channel_options, invariants, sync, upkeep, webhooks
from dockline.flows import connection as channel_flow
from dockline.flows.catalog import export as catalog
from dockline.flows.channel_options import MainOptions
from dockline.flows.inbound import cancel as inbound_cancel
from dockline.flows.inbound import place as purchases
from dockline.flows.inbound import receive as inbound
from dockline.flows.inventory import receive as inventory
from dockline.flows.outbound import cancel, receive, sweep
from dockline.gateway import pace, runtime
from dockline.kit import clock, failpoints
from dockline.kit.failpoints import Failpoint, Moment
from dockline.kit.queue import engine
from dockline.kit.queue import port as queue
from dockline.kit.queue.models import Wakeup

ROUNDS = 40
"""How often the clock may tick until nothing is under way."""

VERIFIER = Path(__file__).with_name("verify_ledger.py")


class Death(BaseException):
    """The worker is no more. Nothing may catch this."""


@dataclass(frozen=True)
class Pass:
    """The n-th time that a failpoint is passed."""

    point: Failpoint
    moment: Moment
    nth: int

    def __str__(self) -> str:
        return f"{self.point.value}, {self.moment.value}" + (f", time {self.nth}" if self.nth > 1 else "")


@dataclass
class Worker:
    """The worker of this process, in all its threads, and the time it lives in."""

    passed: list[Pass] = field(default_factory=list)
    ever_passed: set[Failpoint] = field(default_factory=set)
    unmarked: list[str] = field(default_factory=list)
    is_dead: bool = False
    skipped: timedelta = timedelta(0)
    _dies_when: Callable[[Pass], bool] | None = None
    _counts: Counter[tuple[Failpoint, Moment]] = field(default_factory=Counter)
    _sessions: set[int] = field(default_factory=set)
    _marked: dict[int, bool] = field(default_factory=dict)
    _lasting: dict[int, str] = field(default_factory=dict)
    _wrote: set[int] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be told of all that this process does."""
        tell_time, commit, rollback = clock.now, BaseDatabaseWrapper.commit, BaseDatabaseWrapper.rollback

        def commit_noticed(database: BaseDatabaseWrapper) -> None:
            commit(database)
            if threading.get_ident() in self._wrote:
                self._wrote.discard(threading.get_ident())
                self._last()

        def rollback_noticed(database: BaseDatabaseWrapper) -> None:
            self._wrote.discard(threading.get_ident())
            rollback(database)

        connection_created.connect(self._connected)
        connections.close_all()
        try:
            with (
                failpoints.watched(self._pass),
                mock.patch.object(clock, "now", lambda: tell_time() + self.skipped),
                mock.patch.object(BaseDatabaseWrapper, "commit", commit_noticed),
                mock.patch.object(BaseDatabaseWrapper, "rollback", rollback_noticed),
                mock.patch.object(stock_report, "_FIRST_WAIT_SECONDS", 0.01),
            ):
                yield
        finally:
            connection_created.disconnect(self._connected)
            connections.close_all()
            connection.execute_wrappers.clear()

    def start(self, *, dies_when: Callable[[Pass], bool] | None = None) -> None:
        """Begin as a process of its own, which knows nothing of the former."""
        self.is_dead, self._dies_when, self.passed = False, dies_when, []
        self._counts.clear()
        self._sessions.clear()
        self._wrote.clear()
        runtime.end_conversations()
        connections.close_all()

    def _pass(self, point: Failpoint, moment: Moment) -> None:
        with self._lock:
            if self.is_dead:
                raise Death
            self._marked[threading.get_ident()] = True
            self._counts[point, moment] += 1
            here = Pass(point, moment, self._counts[point, moment])
            self.passed.append(here)
            self.ever_passed.add(point)
            if self._dies_when is not None and self._dies_when(here):
                self.is_dead = True
                self._cut_off()
                raise Death

    def _connected(self, connection: Any, **_: object) -> None:
        with self._lock:
            if self.is_dead:
                connection.close()
                raise Death
            self._sessions.add(connection.connection.info.backend_pid)
        if self._notice not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._notice)

    def _cut_off(self) -> None:
        """Have the database end the sessions, as it does when their process is gone: nothing open is committed."""
        with psycopg.connect(_database(), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = ANY(%s)",
                [list(self._sessions)],
            )

    def _notice(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE") and context["cursor"].rowcount:
            if context["connection"].in_atomic_block:
                self._wrote.add(threading.get_ident())
            else:
                self._last()
        return done

    def _last(self) -> None:
        """Something lasting was written: keep where, if nothing has been passed since the last such writing."""
        with self._lock:
            me = threading.get_ident()
            ours = [one for one in traceback.extract_stack(limit=60) if "/src/dockline/" in one.filename]
            here = " in ".join(f"{one.name} of {Path(one.filename).name}" for one in reversed(ours[-2:]))
            if here and not self._marked.get(me, True):
                self.unmarked.append(f"{self._lasting[me]}, then {here}")
            self._marked[me] = not here
            self._lasting[me] = here


@dataclass
class Place:
    """A hub and its warehouse, in which one thing after the other is done under a number of its own."""

    hub: Hub
    worker: Worker
    number: int = 0
    token: str = ""
    key: str = ""

    @property
    def control(self) -> Any:
        assert self.hub.far is not None
        return self.hub.far.control

    @property
    def name(self) -> str:
        return f"{self.number:05}"

    def rest(self) -> None:
        """Tick and work until nothing is under way, skipping the time in which everybody waits."""
        for _ in range(ROUNDS):
            upkeep.tend()
            queue.drain()
            waits = self._waits()
            if not waits and not Wakeup.objects.exists():
                return
            if waits:
                self.worker.skipped += max(min(waits) - clock.now(), timedelta(0)) + timedelta(milliseconds=1)
        raise AssertionError(f"not at rest after {ROUNDS} ticks: {Wakeup.objects.values_list('name')}, {waits}")

    def skip_rest(self) -> None:
        """Let the time pass in which the channel rests."""
        self.worker.skipped += max(self._rests_until() - clock.now(), timedelta(0))

    def _waits(self) -> list[datetime]:
        """When what is under way must be looked at; what waits for a channel waits for its rest, too."""
        rests = self._rests_until()
        far = [
            *Shipment.objects.filter(wake_at__isnull=False).values_list("wake_at", flat=True),
            *PurchaseOrder.objects.filter(wake_at__isnull=False).values_list("wake_at", flat=True),
            *PurchaseOrder.objects.filter(wish="asked").values_list("wish_wake_at", flat=True),
            *CancelWish.objects.filter(state="asked").values_list("wake_at", flat=True),
        ]
        orders = SalesOrder.objects.filter(wake_at__isnull=False, status__in=("approved", "fulfilling"))
        return [max(moment, rests) for moment in far] + list(orders.values_list("wake_at", flat=True))

    def _rests_until(self) -> datetime:
        """When the channel may be called: after its rest, and after the time of who died looking whether it is well."""
        failing = Channel.objects.filter(failures_in_a_row__gt=0)
        probes = PaceClock.objects.filter(name=PROBE, channel__in=failing).values_list("next_at", flat=True)
        resting = Channel.objects.values_list("retry_at", flat=True)
        return max(filter(None, [*resting, *probes]), default=clock.now())

    def fault(self, operation: str, do: str, **more: object) -> None:
        self.control.post("/faults", {"script": [{"operation": operation, "do": do, **more}]})

    # -- what people and the warehouse do ----------------------------------------------------------------------------

    def order(self) -> SalesOrder:
        return self.hub.order(f"S{self.name}", MUG=2, TEE=1)

    def ordered(self) -> SalesOrder:
        """An order that the warehouse has."""
        order = self.order()
        self.rest()
        return order

    def far_id(self, order: SalesOrder) -> str:
        (shipment,) = self.hub.shipments(order)
        return Link.objects.get(kind="shipment", subject_id=shipment.pk).external_id

    def ship(self, order: SalesOrder) -> None:
        for step in ("pick", "pack", "dispatch"):
            self.control.post(f"/orders/{self.far_id(order)}/{step}", {})

    def purchase(self) -> PurchaseOrder:
        content = PurchaseContent(f"P{self.name}", [NewPurchaseLine("MUG", Decimal(7))])
        placed = purchases.place_purchase(
            account_id=self.hub.account_id,
            warehouse_id=self.hub.warehouse_id,
            content=content,
            actor="Ada",
            now=clock.now(),
        )
        return PurchaseOrder.objects.get(pk=placed.order_id)

    def purchased(self) -> PurchaseOrder:
        """A purchase order that the warehouse has."""
        order = self.purchase()
        self.rest()
        return order

    def arrive(self, order: PurchaseOrder) -> None:
        (there,) = [one for one in self.control.list_lines("/inbound-orders") if one["reference"] == order.reference]
        self.control.post(f"/inbound-orders/{there['id']}/verify", {})


Work = Callable[[Place], None]


@dataclass(frozen=True)
class Weather:
    """What the far side does to the calls that matter: deeds of the simulator, by operation."""

    name: str
    faults: tuple[tuple[str, dict[str, Any]], ...] = ()

    def befall(self, place: Place, operation: str, look: str) -> None:
        place.control.delete("/faults")
        for which, deed in self.faults:
            name = {"call": operation, "look": look}[which]
            if name:
                place.control.post("/faults", {"script": [{"operation": name, **deed}]})


ACCEPTED = Weather("accepted")
LOST_AFTER = Weather("lost after applying", (("call", {"do": "lose_answer"}),))
LOST_BEFORE = Weather("lost before applying", (("call", {"do": "reset_before"}),))
NOT_SENT = Weather("surely not sent", (("call", {"do": "status", "status": 429}),))
REFUSED = Weather("refused", (("call", {"do": "status", "status": 422, "form": "json"}),))
BLIND = Weather(
    "lost after applying, and the first looks fail",
    (("call", {"do": "lose_answer"}), ("look", {"do": "status", "status": 503, "times": 2})),
)
CLASSES = (ACCEPTED, REFUSED, NOT_SENT, LOST_AFTER, LOST_BEFORE, BLIND)
MORE = (
    Weather("reset after applying", (("call", {"do": "reset_after"}),)),
    Weather("applied late", (("call", {"do": "apply_late", "delay_seconds": 0.2}),)),
    Weather("server error", (("call", {"do": "status", "status": 500}),)),
    Weather("server error, applied", (("call", {"do": "status", "status": 500, "applied": True}),)),
    Weather("web page as refusal", (("call", {"do": "status", "status": 503, "form": "html"}),)),
    Weather("garbage", (("call", {"do": "garble"}),)),
    Weather("cut off", (("call", {"do": "truncate"}),)),
    Weather("token refused", (("call", {"do": "status", "status": 401, "form": "json"}),)),
    Weather("redirect", (("call", {"do": "redirect"}),)),
)


@dataclass(frozen=True)
class Scenario:
    """A piece of work. `again` is what the timetable has done besides once another worker has taken over."""

    name: str
    prepare: Callable[[Place], Any]
    work: Work
    operation: str
    look: str = ""
    again: Work | None = None
    weathers: tuple[Weather, ...] = (*CLASSES, *MORE)


def _receive(place: Place) -> None:
    for _ in range(2):
        place.skip_rest()
        receive.receive_shipments(place.hub.channel_id, cause="schedule")
    place.rest()


def _receipts(place: Place) -> None:
    for _ in range(2):
        place.skip_rest()
        inbound.receive_receipts(place.hub.channel_id, cause="schedule")
    place.rest()


def _inventory(place: Place) -> None:
    for _ in range(2):
        place.skip_rest()
        inventory.receive_inventory(place.hub.channel_id, cause="schedule")
    place.rest()


def _cancel(place: Place) -> None:
    order = place.ordered()
    cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())


def _cancel_purchase(place: Place) -> None:
    order = place.purchased()
    inbound_cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())


def _vanish(place: Place) -> None:
    order = place.ordered()
    place.control.delete(f"/orders/{place.far_id(order)}")
    place.worker.skipped += timedelta(hours=2)


def _dead_before_sending(place: Place) -> None:
    """A worker has stored its intents and died."""
    place.order()
    place.purchase()
    for point in (Failpoint.SHIPMENTS_CLAIMED, Failpoint.PURCHASE_CLAIMED):
        _die(place, Pass(point, Moment.AFTER_COMMIT, 1).__eq__)


def _stock(place: Place) -> None:
    place.control.add_stock(place.hub.far.customer_id, "MUG", 3)


def _product(place: Place) -> None:
    place.hub.variant(f"NEW-{place.name}")


def _export_products(place: Place) -> None:
    for _ in range(2):
        place.skip_rest()
        catalog.export_products(place.hub.channel_id)
    place.rest()


def _webhook(place: Place) -> None:
    place.ship(place.ordered())


def _call(place: Place) -> None:
    """The warehouse calls. It does not call again when the call is not taken: then the timetable has to do."""
    presented = webhooks.Presented({"authorization": f"Bearer {place.key}"}, {})
    call = webhooks.Call(token=place.token, kind="outbound-orders", presented=presented, body=b"{}")
    webhooks.take_calls([call], now=clock.now())
    place.rest()


def _orphan(place: Place) -> None:
    """A job whose worker is gone."""
    _execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status) "
        "VALUES ('default', %s, %s, '{}', 'doing')",
        [queue.TASK, f"orphan:{place.number}"],
    )


def _return_jobs(place: Place) -> None:
    engine.return_jobs_of_dead_workers()


def _rest(place: Place) -> None:
    place.rest()


def _ask_for_sweep(place: Place) -> None:
    place.ordered()
    sync.ask_sync(channel_id=place.hub.channel_id, kind=RunKind.SWEEP, actor="Ada", now=clock.now())


def _sweep(place: Place) -> None:
    place.skip_rest()
    sweep.sweep_channel(place.hub.channel_id, cause="schedule")
    place.rest()


def _new_folder(place: Place) -> None:
    """Nobody has sent anything yet: the first who wants to is made known."""
    Guard.objects.all().delete()
    Sender.objects.all().delete()
    for witness in Path(settings.DATA_ROOT).glob("witness-*"):
        witness.unlink()
    place.order()


FIRST = (ACCEPTED,)
LOOKS = (ACCEPTED, Weather("the first answer is lost", (("call", {"do": "lose_answer"}),)))
SCENARIOS = (
    Scenario("export", Place.order, _rest, "create_order", "search_orders"),
    Scenario("purchase", Place.purchase, _rest, "create_inbound_order", "search_inbound_orders"),
    Scenario("cancel", _cancel, _rest, "delete_order", "search_orders"),
    Scenario("cancel purchase", _cancel_purchase, _rest, "delete_inbound_order"),
    Scenario("take over", _dead_before_sending, _rest, "search_orders", weathers=FIRST),
    Scenario("receive", lambda place: place.ship(place.ordered()), _receive, "search_orders", weathers=LOOKS),
    Scenario("receipts", lambda place: place.arrive(place.purchased()), _receipts, "search_inbound_orders",
             weathers=LOOKS),
    Scenario("inventory", _stock, _inventory, "get_report", weathers=LOOKS),
    Scenario("products", _product, _export_products, "create_product", weathers=(ACCEPTED, LOST_AFTER, LOST_BEFORE)),
    Scenario("webhook", _webhook, _call, "", again=_receive, weathers=FIRST),
    Scenario("sweep", _ask_for_sweep, _sweep, "search_orders", weathers=LOOKS),
    Scenario("vanish", _vanish, _receive, "search_orders", weathers=LOOKS),
    Scenario("jobs", _orphan, _return_jobs, "", weathers=FIRST),
    Scenario("first sender", _new_folder, _rest, "create_order", weathers=FIRST),
)  # fmt: skip


TRIES = 3
"""How often work is done until it comes to a step again: what turns up late is looked for as often as time decides."""


@dataclass
class Outcome:
    """What one scenario in one weather has shown.

    `unmet` are later times of a step that did not come again: time decides over them, and nobody can die there.
    """

    scenario: str
    weather: str
    passed: list[Pass]
    unmarked: list[str]
    deaths: int = 0
    unmet: int = 0
    wrong: list[str] = field(default_factory=list)


def enumerate_deaths(
    place: Place, scenario: Scenario, weather: Weather, *, choose: Callable[[Pass], bool] = lambda one: True
) -> Outcome:
    """Do it undisturbed, and then die at each of the failpoints that were passed and are chosen."""
    worker = place.worker
    _begin(place, scenario, weather)
    worker.unmarked.clear()
    scenario.work(place)
    outcome = Outcome(scenario.name, weather.name, list(worker.passed), list(worker.unmarked))
    for one in [one for one in outcome.passed if choose(one)]:
        try:
            for _ in range(TRIES):
                _begin(place, scenario, weather)
                has_died = _die(place, one.__eq__, scenario.work)
                (scenario.again or scenario.work)(place)
                if has_died:
                    outcome.deaths += 1
                    break
            else:
                outcome.unmet += 1
                if one.nth == 1:
                    outcome.wrong.append(f"{place.name}: not passed again in {TRIES} tries: {one}")
        except Exception as error:
            outcome.wrong.append(f"{place.name}: {one}: {type(error).__name__}: {error}")
            worker.start()
    return outcome


def _begin(place: Place, scenario: Scenario, weather: Weather) -> None:
    place.number += 1
    place.control.delete("/faults")
    place.worker.start()
    place.skip_rest()
    # What storms have taught of the far side's pace is kept by the database's clock, whose time nobody can skip.
    LearnedPace.objects.all().delete()
    pace.forget()
    Schedule.objects.update(next_at=datetime.max.replace(tzinfo=UTC, year=2100), ran_at=None)
    scenario.prepare(place)
    weather.befall(place, scenario.operation, scenario.look)
    place.worker.start()


Chosen = tuple[Failpoint, Moment]


def chain_deaths(
    place: Place, scenario: Scenario, weather: Weather, died: set[Chosen], *, among: Collection[Failpoint]
) -> Outcome:
    """Die at each of these steps at which nobody has died yet, one worker after the other, until one comes to the end.

    `died` is added to.
    """
    outcome = Outcome(scenario.name, weather.name, [], [])

    def is_new(one: Pass) -> bool:
        chosen = (one.point, one.moment)
        if one.point not in among or chosen in died:
            return False
        died.add(chosen)
        outcome.passed.append(one)
        return True

    try:
        while True:
            before = len(died)
            _begin(place, scenario, weather)
            work = scenario.work
            while _die(place, is_new, work):
                outcome.deaths += 1
                work = scenario.again or scenario.work
            if len(died) == before:
                return outcome
    except Exception as error:
        outcome.wrong.append(f"{place.name}: {outcome.passed[-1:]}: {type(error).__name__}: {error}")
        place.worker.start()
        return outcome


ALIKE = ("jobs", "runs", "channel", "guard", "orders", "products")
"""The beginnings of failpoints whose steps are the same in every flow, or come before the warehouse is asked."""


def is_alike(one: Pass) -> bool:
    """Whether the step is the same in every flow."""
    return one.point.value.split(":")[0] in ALIKE


def _die(place: Place, when: Callable[[Pass], bool], work: Work = _rest) -> bool:
    """Work until death comes, and have another worker begin. Returns whether it came."""
    worker = place.worker
    worker.start(dies_when=when)
    try:
        work(place)
    except (Death, Exception):
        # What the dying say of it is of no interest; what the living break is.
        if not worker.is_dead:
            raise
    died = worker.is_dead
    worker.start()
    return died


@contextmanager
def a_place(hub: Hub) -> Iterator[Place]:
    """Furnish a hub for all scenarios, and watch its worker."""
    place = Place(hub, Worker())
    hub.stock(MUG=1_000_000, TEE=1_000_000)
    place.key = webhooks.open_endpoint(hub.channel_id, actor="Ada", now=clock.now())
    columns = get_channel(ChannelId(hub.channel_id)).columns
    options = MainOptions(**{**channel_options.values_of(columns, MainOptions), "automation_mode": "webhook"})
    channel_flow.change_options(hub.channel_id, options, actor="Ada", now=clock.now())
    page = webhooks.describe(get_connection(hub.channel_id), server="")
    place.token = page.addresses[0][1].split("/")[2]
    with place.worker.at_work():
        yield place


def judge(place: Place) -> list[str]:
    """What is not so in the end, by the warehouse's own record and by what was asked for."""
    return [*_judge_ledger(place), *_judge_purchases(place), *_judge_stock(place), *_judge_rest(place)]


def _judge_ledger(place: Place) -> list[str]:
    assert place.hub.far is not None
    command = [sys.executable, str(VERIFIER), "--database", _database(), "--simulator", place.hub.far.base_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _judge_purchases(place: Place) -> list[str]:
    """Each purchase order is there once, or was cancelled or refused and is not there; what arrived is booked."""
    there: Counter[str] = Counter(one["reference"] for one in place.control.list_lines("/inbound-orders"))
    wrong = []
    for order in PurchaseOrder.objects.exclude(reference=""):
        wanted = 0 if order.status == "cancelled" or order.dispatch == "needs_fix" else 1
        if there.pop(order.reference, 0) != wanted:
            wrong.append(f"purchase order {order.reference} is {order.status} and not there {wanted} times")
    received = PurchaseOrderLine.objects.filter(order__status="received")
    wrong += [f"{line.order_id} received {line.received_quantity}" for line in received if line.received_quantity != 7]
    return wrong + [f"nobody here knows of {reference}" for reference in there]


def _judge_stock(place: Place) -> list[str]:
    """After one more report our levels are theirs."""
    place.hub.receive_inventory()
    there = {row["code"]: Decimal(row["on_hand"]) for row in place.control.get("/stock")}
    here = dict(Level.objects.values_list("variant__sku", "on_hand"))
    return [f"{sku}: {there.get(sku)} there, {level} here" for sku, level in here.items() if there.get(sku, 0) != level]


def _judge_rest(place: Place) -> list[str]:
    """Nothing of the hub's own books is broken; jobs of the dead wait again; products are there once."""
    wrong = list(map(str, invariants.list_violations()))
    wrong += [
        f"job {lock} is lost"
        for (lock,) in _execute(
            "SELECT lock FROM procrastinate_jobs WHERE lock LIKE 'orphan:%%' AND status <> 'todo'", []
        )
    ]
    known = set(Link.objects.filter(kind="product").values_list("subject_id", flat=True))
    wrong += [f"{variant.sku} is not known there" for variant in Variant.objects.exclude(pk__in=known)]
    return wrong


def _execute(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _database() -> str:
    known = connection.settings_dict
    return conninfo.make_conninfo(
        dbname=known["NAME"],
        user=known["USER"] or None,
        password=known["PASSWORD"] or None,
        host=known["HOST"] or None,
        port=known["PORT"] or None,
    )
