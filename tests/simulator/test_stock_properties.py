"""Whatever happens, in any order: stock adds up, nothing falls below zero, nothing is made or lost, replay agrees."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoncloud_simulator.testing import RunningSimulator, running_simulator
from tests.simulator.caller import ADDRESS, Caller, line

UNITS = {"EA": {"baseQty": 1, "name": "Each"}, "CTN": {"baseQty": 6, "name": "Carton"}}
CODES = ("A", "B")
GONE = ("PACKED", "DISPATCHED")
COME = ("RECEIVED", "VERIFIED", "ALLOCATED")
ABSENT = ("MISSING", "LOST")
OUTBOUND = ["DRAFT", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED", "REJECTED"]
OUTBOUND_STEPS = [
    "approve",
    "pick",
    "pack",
    "dispatch",
    "revert",
    "reject",
    "reprocess",
    "split",
    "return",
    "edit",
    "delete",
]
INBOUND_STEPS = ["approve", "receive", "verify", "allocate", "split", "revert", "reject", "reprocess", "edit", "delete"]
POLICIES = ["reject", "drop", "assign_and_drop", "await", "assign_and_await", "split", "split_unless_due"]

numbers = st.integers(0, 7)
acts = st.one_of(
    st.tuples(st.just("order"), numbers, numbers),
    st.tuples(st.just("announce"), numbers, numbers),
    st.tuples(st.sampled_from(OUTBOUND_STEPS).map(lambda step: f"outbound {step}"), numbers, numbers),
    st.tuples(st.sampled_from(INBOUND_STEPS).map(lambda step: f"inbound {step}"), numbers, numbers),
    st.tuples(st.sampled_from(["stock", "adjust up", "adjust down", "lot", "purge", "api delete"]), numbers, numbers),
)
tenants = st.fixed_dictionaries(
    {
        "shortage_policy": st.sampled_from(POLICIES),
        "minimum_inbound_status": st.sampled_from(COME),
        "awaiting_stock_allocation": st.sampled_from(["never", "always", "only_if_complete", "only_if_rest_due"]),
        "inbound_initial_status": st.sampled_from(["NOT_YET_RECEIVED", "RECEIVED"]),
        "return_status": st.sampled_from(["NOT_YET_RECEIVED", "RECEIVED"]),
        "adjustment_orders": st.sampled_from(["daily", "each"]),
    }
)


class Site:
    """One customer of its own, what is done for it, and what must hold."""

    def __init__(self, api: Caller, number: int, policy: dict[str, Any]) -> None:
        self.api, self.control = api, api.running.control
        added = self.control.post("/customers", {"name": f"Customer {number}", "settings": policy})
        self.customer = added["id"]
        for code in CODES:
            self.control.add_product(self.customer, code, units=UNITS)
        self.seeded = Decimal(0)
        self.left_with_deleted: dict[str, Decimal] = defaultdict(Decimal)
        self.references = 0
        self.seen: dict[str, Any] = {}

    def act(self, name: str, first: int, second: int) -> None:
        """Do it; what is refused must have changed nothing."""
        before = self.state()
        status = self.perform(name, first, second)
        assert status < 500, (name, first, second)
        if status >= 400:
            assert self.state() == before, (name, first, second, status)
        self.check()

    def perform(self, name: str, first: int, second: int) -> int:
        match name.split():
            case ["order"]:
                return self.send("outbound", first, second, details={"deliver": {"address": ADDRESS}})
            case ["announce"]:
                return self.send("inbound", first, second, details={"arrivalDate": f"2{first}26-01-01"})
            case ["outbound", step]:
                return self.step("orders", step, first, second)
            case ["inbound", step]:
                return self.step("inbound-orders", step, first, second)
            case ["stock"]:
                self.seeded += second + 1
                row = {"code": CODES[first % 2], "quantity": second + 1, "batch": f"S{first % 3}"}
                return self.post("/stock", {"customer": self.customer, "rows": [row]})
            case ["adjust", way]:
                quantity = second + 1 if way == "up" else -second - 1
                return self.post(
                    "/stock/adjust", {"customer": self.customer, "code": CODES[first % 2], "quantity": quantity}
                )
            case ["lot"]:
                lot = pick(self.lots(), first)
                status = {"status": ("OK", "QC")[second % 2], "batch": f"S{second % 3}"}
                return self.call("PATCH", f"/_sim/lots/{lot['id']}", status) if lot else 404
            case ["api", "delete"]:
                return self.delete_by_api(first, second)
            case _:
                return self.post("/orders/purge", {"older_than_days": second})

    def send(self, direction: str, first: int, second: int, **more: Any) -> int:
        self.references += 1
        lines = [line(CODES[first % 2], second), line(CODES[second % 2], first % 3 + 1, ("EA", "CTN")[first % 2])]
        if first > 5:
            lines[0]["properties"] = {"batch": f"S{second % 3}"}
        body = {
            "references": {"customer": f"R-{self.references - second // 6}"},
            "customer": {"id": self.customer},
            "items": lines,
            "status": "DRAFT" if first == 2 else None,
            **more,
        }
        return self.api.post(f"/{direction}-orders", body).status_code

    def step(self, kind: str, step: str, which: int, number: int) -> int:
        order = pick(self.control.list_lines(f"/{kind}"), which, self.customer)
        if order is None:
            return 404
        if step == "delete" and order["status"] in GONE:
            for item in order["lines"]:
                self.left_with_deleted[item["lot_id"]] += Decimal(item["base_quantity"])
        item = pick(order["lines"], number)
        body = (self.picked if kind == "orders" else self.counted)(item, number) if item else {}
        if step in ("edit", "delete"):
            return self.call("PATCH" if step == "edit" else "DELETE", f"/_sim/{kind}/{order['id']}", body)
        if kind == "orders" and step not in ("pick", "pack", "split", "return"):
            body = {}
        return self.post(f"/{kind}/{order['id']}/{step}", body)

    def picked(self, item: Any, number: int) -> dict[str, Any]:
        """Less of an item than there is, or nothing of it, or a little more."""
        quantity = int(Decimal(item["quantity"])) * number // 6
        return {"items": [{"id": item["item_id"], "quantity": quantity}]} if number % 4 else {}

    def counted(self, item: Any, number: int) -> dict[str, Any]:
        """More or less of an item, some of it damaged; now and then something nobody announced."""
        found = {"id": item["item_id"], "location": "B-2" if number % 2 else None, "batch": f"S{number % 3}"}
        if number > 3:
            found["quantity"] = number
        else:
            found |= {"damaged": min(number, int(Decimal(item["quantity"]))), "missing": 0}
        unexpected = [{"code": "B", "quantity": 2, "unit": "CTN"}] if number == 5 else []
        return {"items": [found], "unexpected": unexpected, "status": ("RECEIVED", "NOT_YET_RECEIVED")[number % 2]}

    def delete_by_api(self, first: int, second: int) -> int:
        kind, path = (("orders", "outbound"), ("inbound-orders", "inbound"))[second % 2]
        order = pick(self.control.list_lines(f"/{kind}"), first, self.customer)
        return self.api.delete(f"/{path}-orders/{order['id']}").status_code if order else 404

    def post(self, path: str, body: Any) -> int:
        return self.call("POST", f"/_sim{path}", body)

    def call(self, method: str, path: str, body: Any) -> int:
        return int(self.api.http.request(method, path, json=body).status_code)

    def lots(self) -> list[Any]:
        return list(self.control.get(f"/lots?empty=true&customer={self.customer}"))

    def state(self) -> Any:
        orders = (self.control.list_lines(f"/{kind}") for kind in ("orders", "inbound-orders"))
        return [[one for one in listed if one["customer_id"] == self.customer] for listed in orders], self.lots()

    def check(self) -> None:
        (outbound, inbound), lots = self.state()
        promised, left, brought = defaultdict(Decimal), self.left_with_deleted.copy(), {}
        for order in outbound:
            for item in order["lines"]:
                assert Decimal(item["quantity"]) > 0
                taken = promised if order["status"] not in GONE else left
                if item["lot_id"] and order["status"] != "REJECTED":
                    taken[item["lot_id"]] += Decimal(item["base_quantity"])
            if order["status"] == "AWAITING_PICK_AND_PACK":
                assert all(item["lot_id"] for item in order["lines"])
        for order in inbound:
            for item in order["lines"]:
                real = order["status"] in COME and item["status"] not in ABSENT and item["base_quantity"] != "0"
                assert bool(item["lot_id"]) == real
                brought[item["lot_id"]] = Decimal(item["base_quantity"])
        for lot in lots:
            on_hand, free, allocated, initial = (
                Decimal(lot[name]) for name in ("on_hand", "free", "allocated", "initial")
            )
            assert free + allocated == on_hand
            assert min(free, allocated, initial) >= 0
            assert allocated == promised.pop(lot["id"], 0)
            assert on_hand == initial - left.pop(lot["id"], 0)
            if lot["inbound_order"]:
                assert initial == brought[lot["id"]]
            if lot["status"] != "OK":
                assert not allocated
        assert not promised and not left
        assert sum(Decimal(lot["initial"]) for lot in lots if not lot["inbound_order"]) == self.seeded
        self.check_versions([*outbound, *inbound])
        for row in self.control.get(f"/stock?customer={self.customer}"):
            of_code = [lot for lot in lots if lot["code"] == row["code"]]
            for name in ("on_hand", "free", "allocated"):
                assert Decimal(row[name]) == sum(Decimal(lot[name]) for lot in of_code)

    def check_versions(self, orders: list[Any]) -> None:
        """A changed order has a higher version, an unchanged one the same."""
        for order in orders:
            old = self.seen.get(order["id"])
            assert old is None or (order == old) == (order["version"] == old["version"])
            assert old is None or order["version"] >= old["version"]
        self.seen = {order["id"]: order for order in orders}

    def check_report(self) -> None:
        """What the report says is what the lots and the expected orders say."""
        asked = {"type": "STOCK_ON_HAND", "parameters": {"customer": {"id": self.customer}}}
        run = self.api.post("/report-runs", asked).json()
        said: dict[str, Decimal] = defaultdict(Decimal)
        for item in self.api.get(f"/report-runs/{run['id']}").json()["items"]:
            for name, value in item["measures"].items():
                said[name] += Decimal(str(value))
        (_, inbound), lots = self.state()
        expected = [item for order in inbound if order["status"] == "NOT_YET_RECEIVED" for item in order["lines"]]
        assert said["quantityIncoming"] == sum(Decimal(item["base_quantity"]) for item in expected)
        for name, measure in (("on_hand", "quantity"), ("free", "quantityFree"), ("allocated", "quantityAllocated")):
            assert said[measure] == sum(Decimal(lot[name]) for lot in lots)


def pick(things: list[Any], which: int, customer: str | None = None) -> Any:
    own = [thing for thing in things if customer in (None, thing.get("customer_id"))]
    return own[which % len(own)] if own else None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Path]]:
    """One simulator for all examples; each has a customer of its own."""
    folder = tmp_path_factory.mktemp("warehouse")
    with running_simulator(folder=folder) as running, Caller(running) as api:
        running.control.set(
            outbound_rate_limit_enabled=False,
            report_delay_seconds=0,
            overridable_statuses=OUTBOUND,
            inbound_overridable_statuses=["DRAFT", "NOT_YET_RECEIVED", "RECEIVED", "VERIFIED", "REJECTED"],
        )
        yield api, folder


_count = iter(range(1_000_000))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(policy=tenants, history=st.lists(acts, min_size=4, max_size=14))
def test_stock_adds_up_whatever_happens(
    place: tuple[Caller, Path], policy: dict[str, Any], history: list[tuple[str, int, int]]
) -> None:
    site = Site(place[0], next(_count), policy)
    for code in CODES:
        site.perform("stock", CODES.index(code), 7)
    for name, first, second in history:
        site.act(name, first, second)
    site.check_report()


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(policy=tenants, history=st.lists(acts, min_size=20, max_size=30))
def test_a_replayed_journal_tells_the_same(
    place: tuple[Caller, Path], tmp_path_factory: pytest.TempPathFactory, policy: dict[str, Any], history: list[Any]
) -> None:
    api, folder = place
    site = Site(api, next(_count), policy)
    for name, first, second in [("stock", 0, 7), ("stock", 1, 7), *history]:
        site.perform(name, first, second)
    copied = tmp_path_factory.mktemp("again") / "warehouse"
    shutil.copytree(folder, copied)
    with running_simulator(folder=copied) as again:
        assert told(again) == told(api.running)
        replayed = Site.__new__(Site)
        replayed.__dict__.update({**site.__dict__, "control": again.control})
        assert replayed.state() == site.state()
        with Caller(again) as second_api:
            body = [line("A", 1), line("B", 1)]
            fresh = [one.post("/outbound-orders", body_of(site, *body)).json() for one in (api, second_api)]
    assert [sorted(part["measures"]["quantity"] for part in order["items"]) for order in fresh[:1]] == [
        sorted(part["measures"]["quantity"] for part in fresh[1]["items"])
    ]
    assert fresh[0]["references"] == fresh[1]["references"]


def body_of(site: Site, *lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "references": {"customer": "AFTER"},
        "customer": {"id": site.customer},
        "details": {"deliver": {"address": ADDRESS}},
        "items": list(lines),
    }


def told(running: RunningSimulator) -> Any:
    """Everything the control plane says about goods and orders, in no particular order."""
    control = running.control
    listed = [
        control.get("/lots?empty=true"),
        control.get("/stock"),
        *map(control.list_lines, ("/orders", "/inbound-orders")),
    ]
    return [sorted(map(repr, rows)) for rows in listed], control.list_lines("/ledger")
