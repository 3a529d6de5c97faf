"""The crew on the floor: takes waiting orders through picking, packing and dispatch, beside the requests.

Reads orders that wait; writes orders, lots and consignments; yields to requests after every order.
"""

import asyncio
import random
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cartoncloud_simulator.rules import fulfilment, picking
from cartoncloud_simulator.world.entities import Item, Order
from cartoncloud_simulator.world.quantities import ONE
from cartoncloud_simulator.world.world import World

Stage = Literal["pick", "pack", "dispatch", "all"]
_IDLE_SECONDS = 0.05
_LONGEST_BACKLOG_SECONDS = 1.0


class CrewOrders(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the crew is told; 0 orders a second of simulated time means as fast as possible."""

    running: bool = False
    orders_per_second: Annotated[float, Meta(ge=0)] = 0
    short_pick_rate: Annotated[float, Meta(ge=0, le=1)] = 0
    seed: int = 0
    dispatch: bool | None = None
    packages: Annotated[int, Meta(ge=1, le=50)] | None = None


class _Shift(msgspec.Struct):
    """What the crew was told and has done."""

    orders: CrewOrders = msgspec.field(default_factory=CrewOrders)
    processed: int = 0
    short_picked: int = 0


class Crew:
    """One worker; its short picks depend on the seed and the order's reference alone, never on timing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._task: asyncio.Task[None] | None = None
        kept = msgspec.json.decode(world.told("crew") or b"{}", type=_Shift)
        self.orders = kept.orders
        self.processed = kept.processed
        self.short_picked = kept.short_picked
        self._free_at = 0.0

    def instruct(self, patch: dict[str, Any]) -> None:
        """Take new instructions over the old ones; needs a running event loop."""
        self.orders = msgspec.convert({**msgspec.to_builtins(self.orders), **patch}, CrewOrders)
        self._keep()
        self.resume()

    def resume(self) -> None:
        """Do what was told last, as after a restart; needs a running event loop."""
        self._free_at = max(self._free_at, self._world.clock.seconds())
        if self.orders.running and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())
        if not self.orders.running:
            self.stop()

    def _keep(self) -> None:
        self._world.tell("crew", _Shift(self.orders, self.processed, self.short_picked))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def describe(self) -> dict[str, Any]:
        waiting = self._world.orders.count_by_status().get("AWAITING_PICK_AND_PACK", 0)
        told = msgspec.to_builtins(self.orders)
        return {**told, "processed": self.processed, "short_picked": self.short_picked, "waiting": waiting}

    def step(self, count: int, stage: Stage) -> int:
        """Do this many orders now; says how many there were to do."""
        done = 0
        for _ in range(count):
            order = self._next_for(stage)
            if order is None:
                break
            self._do(order, stage)
            self._world.commit()
            done += 1
        return done

    def next_due(self) -> float | None:
        """When the next order is taken, by simulated time; never while none waits or the crew rests."""
        if not self.orders.running or self._world.orders.next_to_pick() is None:
            return None
        return self._free_at

    def work_if_due(self) -> bool:
        """Take the oldest waiting order to its end if it is time to."""
        due = self.next_due()
        now = self._world.clock.seconds()
        order = self._world.orders.next_to_pick()
        if due is None or due > now or order is None:
            return False
        if pace := self.orders.orders_per_second:
            backlog = _LONGEST_BACKLOG_SECONDS * self._world.clock.dial.speed
            self._free_at = max(due, now - backlog) + 1 / pace
        self._do(order, "all")
        self._world.commit()
        return True

    async def _work(self) -> None:
        clock = self._world.clock
        while True:
            if self.work_if_due():
                await asyncio.sleep(0)
                continue
            due = self.next_due()
            await asyncio.sleep(_IDLE_SECONDS if due is None else min(_IDLE_SECONDS, clock.machine_seconds_until(due)))

    def _next_for(self, stage: Stage) -> Order | None:
        orders = self._world.orders
        if stage in ("pick", "all"):
            return orders.next_to_pick()
        statuses = ("PICKED", "PACKING_IN_PROGRESS") if stage == "pack" else ("PACKED",)
        found = [order for status in statuses for order in orders.list_by_status(status)[:1]]
        return min(found, key=lambda order: order.seq, default=None)

    def _do(self, order: Order, stage: Stage) -> None:
        world = self._world
        if stage in ("pick", "all"):
            quantities = self._short_pick(order)
            self.short_picked += bool(quantities)
            fulfilment.pick(world, order, quantities=quantities)
        if stage in ("pack", "all"):
            picking.make_up(world, order)
            fulfilment.pack(world, order, packages=self.orders.packages)
        if stage == "dispatch" or (stage == "all" and self._dispatches(order)):
            fulfilment.dispatch(world, order)
        self.processed += 1
        self._keep()

    def _dispatches(self, order: Order) -> bool:
        if self.orders.dispatch is not None:
            return self.orders.dispatch
        return dispatches_by_itself(self._world, order)

    def _short_pick(self, order: Order) -> dict[str, Decimal]:
        """With the given chance, one requested line comes up short by at least one unit."""
        # Not for secrets: the same seed and reference must choose the same goods again.
        chance = random.Random(f"{self.orders.seed}:{order.reference}")  # noqa: S311
        if chance.random() >= self.orders.short_pick_rate:
            return {}
        lines = sorted({item.line for item in order.items})
        if not lines:
            return {}
        line = chance.choice(lines)
        return _shorten([item for item in order.items if item.line == line], chance.random())


def dispatches_by_itself(world: World, order: Order) -> bool:
    """Whether a packed order leaves without anybody saying so."""
    policy = world.customer_settings(order.customer_id)
    held = policy.unprinted_invoices_hold_dispatch and world.filing.has_unprinted_invoice(order.id)
    return policy.auto_dispatch and not policy.dispatch_with_consignment and not held


def _shorten(items: list[Item], share: float) -> dict[str, Decimal]:
    """Leave about this share of a line, taking from its last lot first."""
    total = sum((item.quantity for item in items), start=Decimal(0))
    missing = max(ONE, (total * Decimal(str(round(share, 3)))).to_integral_value())
    quantities = {}
    for item in reversed(items):
        taken = min(item.quantity, missing)
        quantities[item.id] = item.quantity - taken
        missing -= taken
        if not missing:
            break
    return quantities
