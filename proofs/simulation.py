"""Send orders through faults of every kind in pretended time, and count what was lost, doubled or sent astray.

One process, no clock, no threads: a heap of things to happen, drawn from a seed. What is decided is decided by the
code the hub runs (domain/dispatches/rules.py, flows/answers.py, flows/outbound/judge.py); what stands around it in the
hub (claims, calls, bookings, people) is played here, and may stop or be held up between any two steps. A seed is a
world of some orders in two accounts; the same seed gives the same run, to the letter. Beside the usual world there are
two harder ones: in one a backup is put back; in the other requests arrive after every window and orders are deleted
there, which only a sweep can tell.

    python -m proofs.simulation                       20,000 orders
    python -m proofs.simulation --orders 1000000      a million
    python -m proofs.simulation --seed 17             one world, its orders told one by one
    python -m proofs.simulation --kind restored       the worlds in which a backup is put back
"""

import argparse
import heapq
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from random import Random
from typing import Any

from dockline.connectors.contract.errors import (
    ConnectorError,
    NotAuthorised,
    NotReached,
    OutcomeUnknown,
    Refused,
    Unreadable,
)
from dockline.connectors.contract.messages import Quantity
from dockline.connectors.contract.notices import FarStatus, ShipmentNotice, ShipmentNoticeLine
from dockline.domain.dispatches import rules
from dockline.domain.dispatches.rules import (
    AcceptAsIs,
    Claimed,
    DeadlinePassed,
    Dispatch,
    DispatchState,
    Event,
    FarSideChanged,
    LookAgain,
    LookUpFailed,
    Restored,
    SendAgain,
    Step,
    UnexpectedEvent,
)
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.domain.sweeps.rules import BELIEVED_THERE, Difference, Here, There, compare, double
from dockline.flows import answers
from dockline.flows.outbound import judge, messages

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS_PER_WORLD = 20
FAULTY, DEATHS, HELD_UP, TWICE_VISITED = 0.20, 0.05, 0.04, 0.20
LATE_APPLY, SEARCH_LAG = 120.0, 60.0
SETTLE_SECONDS = 181
SETTLE = timedelta(seconds=SETTLE_SECONDS)
LEASE = 60.0
"""How long until somebody else takes up what a worker took and did not finish."""
BLIND_SECONDS = 15.0
"""Once in a world a far side finds nothing for so long, which is shorter than two looks are apart."""
BEYOND, FAR_BEYOND, DELETED = 0.02, 3600.0, 0.02
"""In the world beyond the window: how many requests arrive how late, and how many orders are deleted there."""
MACHINES_AHEAD = timedelta(minutes=20)
ALWAYS_SAID = ("lost", "duplicated", "to a wrong account")
SENDING = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)
FIRST = Dispatch(DispatchState.READY, wake_at=EPOCH)
MEANT = {"MUG": Decimal(2), "TEE": Decimal(1)}
OTHER = {"MUG": Decimal(1), "TEE": Decimal(1)}


class Kind(StrEnum):
    """What may befall a world beside what befalls all of them."""

    USUAL = "usual"
    RESTORED = "restored"
    BEYOND = "beyond"


@dataclass(slots=True, eq=False)
class FarOrder:
    """An order over there."""

    order: "Order"
    reference: str
    as_meant: bool
    visible_at: float
    is_live: bool = True


@dataclass(slots=True, eq=False)
class Channel:
    """One account's channel: where it points and with what, and the secret that is valid there."""

    account: int
    tenant: int
    secret: int = 0
    version: int = 1
    paused: bool = False
    waiting: list["Order"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Order:
    """A shipment with its dispatch, as the hub's row has it."""

    number: int
    channel: Channel
    reference: str
    generation: int = 1
    dispatch: Dispatch = FIRST
    newest: int = 0
    intents: int = 0
    accepted: bool = False
    former_tenant: int | None = None
    astray: int = 0
    sends: int = 0
    edition: int = 0
    """What the order says now; people change it while it is being sent."""
    message: int | None = None
    """The edition that was stored with the first intent under this reference."""
    told: frozenset[Difference] = frozenset()
    """What the last sweep said of it."""

    @property
    def kept(self) -> dict[str, Any]:
        """What a backup has of it."""
        names = ("reference", "generation", "dispatch", "accepted", "message")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Intent:
    """What a worker has committed before it calls, and when; `is_astray` when that goes to another account."""

    number: int
    at: float
    reference: str
    message: int
    is_astray: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a worker knows of a channel from the moment it opened it."""

    tenant: int
    secret: int
    version: int


@dataclass
class Tally:
    """What came of some worlds."""

    orders: int = 0
    sends: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    wrong_seeds: list[int] = field(default_factory=list)
    trace: int = 0

    def add(self, seed: int, world: "World") -> None:
        self.orders += len(world.orders)
        self.sends += sum(order.sends for order in world.orders)
        self.trace = zlib.crc32(world.trace.to_bytes(4, "big"), self.trace)
        found = world.judge()
        self.wrong += found
        if found:
            self.wrong_seeds.append(seed)

    @property
    def bound(self) -> str:
        """With nothing wrong in N orders, the true rate is below 3/N with 95 % certainty."""
        return f"3/{self.orders:,} = {3 / self.orders:.1e}"


class World:
    """Some orders, two channels, two tenants of a far side, and what may befall them. `off` names rules of the shell
    that are switched off, which only proofs/teeth.py does."""

    def __init__(
        self,
        seed: int,
        *,
        orders: int = ORDERS_PER_WORLD,
        off: frozenset[str] = frozenset(),
        kind: Kind = Kind.USUAL,
    ) -> None:
        self.random = Random(seed).random
        self.off = off
        self.kind = kind
        self.said: dict[str, set[int]] = {}
        self.backup: list[dict[str, Any]] | None = None
        self.is_restored = False
        self.heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.scheduled = 0
        self.now = 0.0
        self.trace = 0
        self.valid_secret = {0: 0, 1: 0, 2: 0}
        self.there: dict[tuple[int, str], list[FarOrder]] = {}
        self.blind_from = {tenant: self.between(200.0, 700.0) for tenant in self.valid_secret}
        self.channels = (Channel(0, 0), Channel(1, 1))
        self.orders = [self._order(number) for number in range(1, orders + 1)]
        for order in self.orders:
            self.at(self.between(0.0, 300.0), self.visit, order)
        for channel in self.channels:
            self.at(self.between(0.0, 900.0), self.rotate, channel)
        if self.random() < 0.5 and kind is Kind.USUAL:
            self.at(self.between(0.0, 600.0), self.point_elsewhere, self.channels[1])
        # Dice of their own: what people write leaves all else in a world as it is.
        edits = Random(seed).random
        for order in self.orders:
            for _ in range(2):
                self.at(600.0 * edits(), self.edit, order)
        if kind is Kind.RESTORED:
            made_at = 400.0 * edits()
            self.at(made_at, self.back_up)
            self.at(made_at + 30.0 + 600.0 * edits(), self.restore)

    def _order(self, number: int) -> Order:
        # Shipments of one order: the reference of one may begin with that of another.
        reference = _reference(number, 1)
        return Order(number, self.channels[number % 2], reference)

    def run(self) -> "World":
        """Let everything happen until nothing more will."""
        heap = self.heap
        steps = 0
        while heap and steps < 400 * len(self.orders):
            self.now, _, happen, what = heapq.heappop(heap)
            happen(*what)
            steps += 1
        if self.kind is Kind.BEYOND and "sweep" not in self.off:
            self.sweep()
        return self

    def judge(self) -> Counter[str]:
        """Compare what is there with what the hub believes. Empty when all is well."""
        found: Counter[str] = Counter()
        live: dict[Order, list[tuple[int, FarOrder]]] = {order: [] for order in self.orders}
        for (tenant, _), rows in self.there.items():
            for row in rows:
                if row.is_live:
                    live[row.order].append((tenant, row))
        found["said in two ways"] = sum(len(editions) > 1 for editions in self.said.values())
        for order, rows in live.items():
            if self.kind is Kind.BEYOND:
                found += _judge_told(order, rows)
                continue
            found["lost"] += not rows
            found["duplicated"] += len(rows) > 1
            found["to a wrong account"] += order.astray > 0
            found["unfinished"] += order.dispatch.state is not DispatchState.CONFIRMED
            if order.dispatch.state is DispatchState.CONFIRMED and not order.accepted:
                ours = [row for _, row in rows if row.reference == order.reference]
                found["untrue"] += not any(row.as_meant for row in ours)
        return +found

    # -- chance and time -------------------------------------------------------------------------------------------

    def at(self, moment: float, happen: Callable[..., None], *what: Any) -> None:
        self.scheduled += 1
        heapq.heappush(self.heap, (moment, self.scheduled, happen, what))

    def after(self, seconds: float, happen: Callable[..., None], *what: Any) -> None:
        self.at(self.now + seconds, happen, *what)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def dies(self) -> bool:
        return self.random() < DEATHS

    def pause(self, longest: float) -> float:
        """Mostly a moment; now and then a machine stands still for long."""
        return self.between(0.0, 1500.0) if self.random() < HELD_UP else self.between(0.0, longest)

    def clock(self) -> datetime:
        now = EPOCH + timedelta(seconds=self.now)
        if "one clock" in self.off and self.random() < 0.5:
            return now + MACHINES_AHEAD
        return now

    # -- the hub ---------------------------------------------------------------------------------------------------

    def visit(self, order: Order) -> None:
        """A worker comes by and does what the dispatch asks for, if it is due."""
        step, channel = rules.next_step(order.dispatch), order.channel
        now = self.clock()
        if step not in (Step.SEND, Step.GIVE_UP, Step.LOOK_UP) or not rules.is_due(order.dispatch, now):
            return
        if step is Step.GIVE_UP and "takeover looks first" in self.off:
            self.store(order, replace(order.dispatch, state=DispatchState.READY, wake_at=now))
        elif step is Step.GIVE_UP:
            self.decide(order, DeadlinePassed("Nobody came back.", SETTLE))
        elif channel.paused:
            channel.waiting.append(order)
        elif self.dies():
            self.after(LEASE, self.visit, order)
        else:
            opened = Opened(channel.tenant, channel.secret, channel.version)
            if step is Step.LOOK_UP:
                self.after(LEASE, self.visit, order)
                self.look(order, opened, now)
            else:
                self.after(self.between(0.0, 20.0), self.claim, order, opened, order.dispatch)

    def claim(self, order: Order, opened: Opened, seen: Dispatch) -> None:
        """Commit the intent, unless somebody else has or the channel is another by now."""
        channel = order.channel
        if opened.version != channel.version and "fenced credentials" not in self.off:
            self.after(0.0, self.visit, order)
            return
        try:
            before = seen if "turns in the database" in self.off else order.dispatch
            claimed = rules.decide(before, self._claimed(), self.clock())
        except UnexpectedEvent:
            return
        intent = self._intend(order, is_astray=opened.tenant != channel.tenant)
        if "intent before call" in self.off:
            self.after(0.0, self.send, order, opened, intent)
            return
        order.newest = intent.number
        self.store(order, claimed)
        if not self.dies():
            self.after(self.pause(2.0), self.send, order, opened, intent)

    def _intend(self, order: Order, *, is_astray: bool) -> Intent:
        """What was said in an earlier attempt is said again; only the first translates the order as it is now."""
        if order.message is None or "frozen message" in self.off:
            order.message = order.edition
        order.intents += 1
        return Intent(order.intents, self.now, order.reference, order.message, is_astray)

    def _claimed(self) -> Claimed:
        return Claimed(self.clock() + timedelta(seconds=rules.DEADLINE_SECONDS))

    def send(self, order: Order, opened: Opened, intent: Intent) -> None:
        """Send once, then book the answer, unless death comes between."""
        is_late = self.now - intent.at > rules.DEADLINE_SECONDS - rules.CALL_SECONDS
        if is_late and "deadline before call" not in self.off:
            late = NotReached("The attempt's time was over before it was sent.", wait_seconds=1.0, throttled=True)
            self.hear(order, opened, intent.number, None, late)
            return
        order.astray += intent.is_astray
        reference = f"{intent.reference}-{intent.number}" if "reference first" in self.off else intent.reference
        self.said.setdefault(reference, set()).add(intent.message)
        notice, error = self.create(order, opened, reference)
        if isinstance(error, OutcomeUnknown) and "one send per attempt" in self.off:
            notice, error = self.create(order, opened, reference)
        if self.dies():
            if "intent before call" in self.off:
                self.after(LEASE, self.visit, order)
            return
        self.after(self.pause(30.0), self.hear, order, opened, intent.number, notice, error)

    def hear(
        self, order: Order, opened: Opened, intent: int, notice: ShipmentNotice | None, error: ConnectorError | None
    ) -> None:
        """Book an answer."""
        if isinstance(error, NotAuthorised):
            self.refuse_sign_in(order.channel, opened)
        if "intent before call" in self.off:
            try:
                order.dispatch = rules.decide(order.dispatch, self._claimed(), self.clock())
            except UnexpectedEvent:
                return
            order.newest = intent
        event: Event
        if notice is not None:
            event = messages.judge_answer(MEANT, notice)
        else:
            assert error is not None
            if "silence is no refusal" in self.off and isinstance(error, OutcomeUnknown | Unreadable):
                error = NotReached(error.message)
            event = answers.judge_error(error, attempt=order.dispatch.attempts, settle=SETTLE)
        try:
            newest = intent if "fenced answers" in self.off else order.newest
            after = rules.hear(order.dispatch, event, self.clock(), attempt=intent, newest=newest)
        except UnexpectedEvent:
            return
        self.store(order, after)

    def look(self, order: Order, opened: Opened, asked_at: datetime) -> None:
        """Look by reference, then book what was seen."""
        found, error = self.search(opened, order.reference)
        if not self.dies():
            self.after(self.pause(30.0), self.book_look, order, opened, order.reference, asked_at, found, error)

    def book_look(
        self,
        order: Order,
        opened: Opened,
        reference: str,
        asked_at: datetime,
        found: tuple[ShipmentNotice, ...],
        error: ConnectorError | None,
    ) -> None:
        if error is not None:
            if isinstance(error, NotAuthorised):
                self.refuse_sign_in(order.channel, opened)
            self.decide(order, LookUpFailed(answers.space_looks(SETTLE_SECONDS)))
        elif reference == order.reference and opened.version == order.channel.version:
            event = judge.judge_look_up(found, MEANT, settle_seconds=SETTLE_SECONDS, asked_at=asked_at)
            if "equal before adopted" in self.off:
                event = replace(event, differences=())
            self.decide(order, event)

    def decide(self, order: Order, event: Event) -> bool:
        try:
            after = rules.decide(order.dispatch, event, self.clock())
        except UnexpectedEvent:
            return False
        self.store(order, after)
        return True

    def store(self, order: Order, after: Dispatch) -> None:
        """Store what was decided; whoever comes next is woken with it."""
        order.dispatch = after
        self.trace = zlib.crc32(f"{self.now:.6f} {order.reference} {after.state}".encode(), self.trace)
        step = rules.next_step(after)
        if step is Step.ASK_A_PERSON:
            self.after(self.between(400.0, 1800.0), self.ask, order)
        elif after.wake_at is not None:
            if "woken in the same commit" in self.off and self.dies():
                return
            due = max((after.wake_at - EPOCH).total_seconds(), self.now) + 0.001
            self.at(due, self.visit, order)
            if self.random() < TWICE_VISITED:
                self.at(due + self.between(0.0, 3.0), self.visit, order)

    # -- people ----------------------------------------------------------------------------------------------------

    def ask(self, order: Order) -> None:
        """A person repairs what waits for one, as the page tells them to."""
        dispatch = order.dispatch
        known = [row for row in self.there.get((order.channel.tenant, order.reference), ()) if row.is_live]
        if dispatch.state is DispatchState.DIFFERS or (dispatch.state is DispatchState.HELD and known):
            if self.decide(order, AcceptAsIs()):
                order.accepted = True
        elif dispatch.state is DispatchState.NEEDS_FIX or (
            dispatch.state is DispatchState.HELD and order.former_tenant is not None
        ):
            for row in self.there.get((order.former_tenant or 0, order.reference), ()):
                row.is_live = False
            order.generation += 1
            order.former_tenant = order.message = None
            order.reference = _reference(order.number, order.generation)
            looks_first = self.is_restored and "look after a restore" not in self.off
            self.decide(order, SendAgain(SETTLE if looks_first else None))
        else:
            self.decide(order, LookAgain(SETTLE))

    def edit(self, order: Order) -> None:
        """Somebody changes what the order says."""
        order.edition += 1

    def rotate(self, channel: Channel) -> None:
        """The secret is changed over there."""
        self.valid_secret[channel.tenant] += 1

    def refuse_sign_in(self, channel: Channel, opened: Opened) -> None:
        if opened.version == channel.version and not channel.paused:
            channel.paused = True
            self.after(self.between(60.0, 600.0), self.mend, channel)

    def mend(self, channel: Channel) -> None:
        """A person gives the new secret; what waited goes on."""
        channel.secret, channel.version = self.valid_secret[channel.tenant], channel.version + 1
        channel.paused = False
        waiting, channel.waiting = channel.waiting, []
        for order in waiting:
            self.after(0.0, self.visit, order)

    def point_elsewhere(self, channel: Channel) -> None:
        """A person points the channel at another tenant; what may be at the former one is held."""
        former, channel.tenant = channel.tenant, 2
        for order in self.orders:
            if order.channel is not channel or "hold when pointed elsewhere" in self.off:
                continue
            # Who had to decide on it already knows that the channel was pointed elsewhere: they did it.
            waits_for_them = order.dispatch.state is DispatchState.HELD
            if waits_for_them or self.decide(order, FarSideChanged("Pointed elsewhere.")):
                order.former_tenant = former
        self.mend(channel)

    # -- backups and sweeps ----------------------------------------------------------------------------------------

    def back_up(self) -> None:
        self.backup = [order.kept for order in self.orders]

    def restore(self) -> None:
        """Put the backup back: no worker lives through it; what is on its way to the far side does."""
        assert self.backup is not None
        theirs = (self.apply, self.tell, self.delete, self.rotate, self.mend)
        self.heap[:] = [one for one in self.heap if one[2] in theirs]
        heapq.heapify(self.heap)
        # What was said under a reference is forgotten, and may be said in other words should it be absent.
        self.said.clear()
        self.is_restored = True
        for order, kept in zip(self.orders, self.backup, strict=True):
            for name, value in kept.items():
                setattr(order, name, value)
            if "look after a restore" in self.off or not self.decide(order, Restored(SETTLE)):
                self.store(order, order.dispatch)

    def sweep(self) -> None:
        """Compare all that is there with the books, by the rules that the hub's sweeps go by."""
        now = self.clock()
        for order in self.orders:
            told: set[Difference] = set()
            rows = [row for row in self.there.get((order.channel.tenant, order.reference), ()) if row.is_live]
            here = _here(order, rows)
            for place, row in enumerate(rows):
                there = _there(row)
                if place:
                    told.add(double(there, rows[0].reference, here).kind)
                elif found := compare(there, here, is_stopped=False, now=now):
                    told.add(found.kind)
            if not rows and order.dispatch.state in BELIEVED_THERE:
                told.add(Difference.MISSING_THERE)
            order.told = frozenset(told)

    # -- the far side ----------------------------------------------------------------------------------------------

    def create(
        self, order: Order, opened: Opened, reference: str
    ) -> tuple[ShipmentNotice | None, ConnectorError | None]:
        """A call to create an order: one in five goes wrong in some way."""
        order.sends += 1
        if opened.secret != self.valid_secret[opened.tenant]:
            return None, NotAuthorised("Sign-in refused.")
        chance = self.random()
        if chance < 0.01:
            return None, Refused("No such product.")
        if chance < 0.03:
            return self.apply(order, opened.tenant, reference, False), None
        if chance >= 0.03 + FAULTY:
            return self.apply(order, opened.tenant, reference, True), None
        fault = self.random()
        if fault < 0.2:
            return None, NotReached("No connection.")
        if fault < 0.6:
            return None, OutcomeUnknown("Silence.")
        as_meant = self.random() > 0.05
        latest = FAR_BEYOND if self.kind is Kind.BEYOND and self.random() < BEYOND else LATE_APPLY
        self.after(self.between(0.0, latest), self.apply, order, opened.tenant, reference, as_meant)
        return None, Unreadable("HTML.") if fault < 0.7 else OutcomeUnknown("The connection broke.")

    def apply(self, order: Order, tenant: int, reference: str, as_meant: bool) -> ShipmentNotice:
        """The order is there from now on; a search sees it somewhat later, and perhaps we are told."""
        row = FarOrder(order, reference, as_meant, self.now + self.between(0.0, SEARCH_LAG))
        self.there.setdefault((tenant, reference), []).append(row)
        if self.random() < 0.1:
            self.after(self.between(0.0, 300.0), self.tell, row, tenant)
        if self.kind is Kind.BEYOND and self.random() < DELETED:
            self.after(self.between(0.0, 3600.0), self.delete, row)
        return _notice(reference, as_meant)

    def delete(self, row: FarOrder) -> None:
        """Their people delete an order, and tell nobody."""
        row.is_live = False

    def tell(self, row: FarOrder, tenant: int) -> None:
        """The changes we ask for tell of an order before anybody looked for it."""
        order, state = row.order, row.order.dispatch.state
        waits = (*answers.UNRESOLVED, DispatchState.NEEDS_FIX)
        if row.reference == order.reference and tenant == order.channel.tenant and state in waits:
            self.decide(order, judge.judge_notice(state, _notice(row.reference, row.as_meant), MEANT))

    def search(self, opened: Opened, reference: str) -> tuple[tuple[ShipmentNotice, ...], ConnectorError | None]:
        """A search by reference: exact, complete, late, and now and then wrong for a moment or failing."""
        if opened.secret != self.valid_secret[opened.tenant]:
            return (), NotAuthorised("Sign-in refused.")
        if self.random() < FAULTY:
            return (), OutcomeUnknown("The search failed.")
        if 0.0 <= self.now - self.blind_from[opened.tenant] < BLIND_SECONDS:
            return (), None
        rows: Iterable[FarOrder] = self.there.get((opened.tenant, reference), ())
        if "exact match" in self.off:
            rows = [
                row
                for (tenant, other), found in self.there.items()
                if tenant == opened.tenant and other.startswith(reference)
                for row in found
            ][:1]
        seen = [row for row in rows if row.is_live and row.visible_at <= self.now]
        return tuple(_notice(row.reference, row.as_meant) for row in seen), None


def _judge_told(order: Order, rows: list[tuple[int, FarOrder]]) -> Counter[str]:
    """Beyond the window things go wrong; what must not be is that nobody is told, or of what is not so."""
    state, found = order.dispatch.state, Counter[str]()
    is_lost = not rows and state in BELIEVED_THERE
    # Where a person looks at the order already, the sweep need not say it.
    is_double = len(rows) > 1 and state in (*BELIEVED_THERE, *SENDING)
    found["lost, and nobody told"] = is_lost and Difference.MISSING_THERE not in order.told
    found["duplicated, and nobody told"] = is_double and Difference.DOUBLE not in order.told
    found["told of what is not so"] = (not is_lost and Difference.MISSING_THERE in order.told) + (
        len(rows) < 2 and Difference.DOUBLE in order.told
    )
    return found


def _here(order: Order, rows: list[FarOrder]) -> Here:
    return Here(
        subject_id=order.number,
        reference=order.reference,
        generation=order.generation,
        status=ShipmentStatus.SENT,
        dispatch=order.dispatch.state,
        external_id=rows[0].reference if rows else "",
        # What a person accepted as it is there is what the books say from then on.
        quantities=OTHER if order.accepted else MEANT,
    )


def _there(row: FarOrder) -> There:
    return There(
        reference=row.reference,
        external_id=row.reference,
        far_status="there",
        is_live=True,
        is_untouched=True,
        has_ended=False,
        changed_at=EPOCH,
        quantities=MEANT if row.as_meant else OTHER,
    )


@cache
def _reference(number: int, generation: int) -> str:
    return rules.make_reference(
        order_number="SO-1", marker="K", shipment_id=number, generation=generation, longest=50
    )  # fmt: skip


@cache
def _notice(reference: str, as_meant: bool) -> ShipmentNotice:
    lines = MEANT if as_meant else OTHER
    return ShipmentNotice(
        external_id=reference,
        version=1,
        reference=reference,
        status=FarStatus.ACCEPTED,
        far_status="there",
        lines=tuple(ShipmentNoticeLine(sku, Quantity(number, "EA"), number) for sku, number in lines.items()),
    )


def simulate(
    seeds: Iterable[int],
    *,
    off: frozenset[str] = frozenset(),
    stop_at_wrong: bool = False,
    size: int = ORDERS_PER_WORLD,
    kind: Kind = Kind.USUAL,
) -> Tally:
    """Run these worlds and count what came of them."""
    tally = Tally()
    for seed in seeds:
        tally.add(seed, World(seed, orders=size, off=off, kind=kind).run())
        if stop_at_wrong and tally.wrong:
            break
    return tally


def say(tally: Tally) -> str:
    """The outcome in one line."""
    wrong = ", ".join(f"{tally.wrong[what]} {what}" for what in ALWAYS_SAID)
    more = "".join(f", {count} {what}" for what, count in tally.wrong.items() if count and what not in ALWAYS_SAID)
    return (
        f"{tally.orders:,} orders, {tally.sends:,} calls to create: {wrong}{more};"
        f" trace {tally.trace:08x}; bound {tally.bound}"
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, help="one world only")
    parser.add_argument("--kind", type=Kind, choices=list(Kind), default=Kind.USUAL)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        world = World(chosen.seed, kind=chosen.kind).run()
        for order in world.orders:
            print(f"{order.reference:<14} {order.dispatch.state:<10} {order.sends} calls  {order.dispatch.reason}")
        print(dict(world.judge()) or "all is well")
        return bool(world.judge())
    began = time.monotonic()
    worlds = -(-chosen.orders // ORDERS_PER_WORLD)
    tally = simulate(range(chosen.first_seed, chosen.first_seed + worlds), kind=chosen.kind)
    print(
        f"{say(tally)}; seeds {chosen.first_seed} to {chosen.first_seed + worlds - 1}; {time.monotonic() - began:.1f} s"
    )
    if tally.wrong:
        print("replay: python -m proofs.simulation --kind", chosen.kind, "--seed", tally.wrong_seeds[0])
    return bool(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
