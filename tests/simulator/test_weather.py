"""The weather: every kind of fault as a caller sees it, and storms that replay."""

import email.utils
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from cartoncloud_simulator.weather.storm import KINDS
from tests.simulator.caller import Caller, leaf, line


@pytest.fixture
def stocked(api: Caller) -> Caller:
    control = api.running.control
    control.set(outbound_rate_limit_enabled=False)
    control.add_product(api.running.customer_id, "A")
    control.add_stock(api.running.customer_id, "A", 500)
    return api


def accepted(api: Caller) -> int:
    return len(api.running.control.list_lines("/ledger"))


@pytest.mark.parametrize("form", ["json", "html", "empty"])
@pytest.mark.parametrize("applied", [False, True])
def test_an_error_comes_as_json_html_or_nothing_applied_or_not(stocked: Caller, form: str, applied: bool) -> None:
    stocked.running.weather.fault("create_order", "status", status=502, form=form, applied=applied)
    answer = stocked.create("SO-1", line("A", 1))
    assert (answer.status_code, accepted(stocked)) == (502, int(applied))
    kind = answer.headers.get("content-type", "")
    assert (answer.text[:1], kind) == {
        "json": ("[", "application/json"),
        "html": ("<", "text/html"),
        "empty": ("", ""),
    }[form]


def test_a_redirect_leads_elsewhere_and_applies_nothing(stocked: Caller) -> None:
    stocked.running.weather.fault("create_order", "redirect", status=307, location="http://elsewhere.invalid/x")
    answer = stocked.create("SO-1", line("A", 1))
    assert (answer.status_code, answer.headers["location"]) == (307, "http://elsewhere.invalid/x")
    assert accepted(stocked) == 0


def test_a_truncated_answer_ends_before_its_length(stocked: Caller) -> None:
    stocked.running.weather.fault("create_order", "truncate")
    with pytest.raises(httpx2.RemoteProtocolError):
        stocked.create("SO-1", line("A", 1))
    assert accepted(stocked) == 1


def test_a_garbled_answer_is_not_utf_8(stocked: Caller) -> None:
    stocked.running.weather.fault("create_order", "garble")
    answer = stocked.create("SO-1", line("A", 1))
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()
    assert (answer.status_code, accepted(stocked)) == (201, 1)


def test_a_dripping_and_a_swollen_answer_arrive_whole(stocked: Caller) -> None:
    weather = stocked.running.weather
    weather.fault("create_order", "drip", delay_seconds=0.1)
    dripped = stocked.create("SO-1", line("A", 1))
    assert (dripped.status_code, dripped.json()["status"]) == (201, "AWAITING_PICK_AND_PACK")
    weather.fault("get_order", "bloat", size=3_000_000)
    swollen = stocked.get(f"/outbound-orders/{dripped.json()['id']}")
    assert len(swollen.content) == 3_000_000 + len(dripped.content)
    assert swollen.json() == dripped.json()


def test_a_late_answer_has_been_applied_long_before(stocked: Caller) -> None:
    stocked.running.weather.fault("create_order", "late_answer", delay_seconds=20)
    with pytest.raises(httpx2.ReadTimeout):
        stocked.http.post(
            f"{stocked.tenant}/outbound-orders",
            json=stocked.order("SO-1", line("A", 1)),
            timeout=httpx2.Timeout(5, read=0.2),
        )
    assert accepted(stocked) == 1


def test_an_order_applied_late_waits_for_the_simulated_time(stocked: Caller) -> None:
    stocked.running.clock.freeze()
    stocked.running.weather.fault("create_order", "apply_late", delay_seconds=90)
    with pytest.raises(httpx2.TransportError):
        stocked.create("SO-1", line("A", 1))
    stocked.running.clock.advance(seconds=89)
    assert accepted(stocked) == 0
    stocked.running.clock.advance(seconds=1)
    assert accepted(stocked) == 1


def test_a_lagging_order_is_found_by_id_but_not_by_search(stocked: Caller) -> None:
    stocked.running.clock.freeze()
    stocked.running.weather.fault("create_order", "search_lag", delay_seconds=30)
    order = stocked.create("SO-1", line("A", 1)).json()
    stocked.create("SO-2", line("A", 1))
    assert stocked.get(f"/outbound-orders/{order['id']}").status_code == 200
    assert [found["references"]["customer"] for found in stocked.search("outbound-orders")] == ["SO-2"]
    stocked.running.clock.advance(seconds=30)
    assert len(stocked.search("outbound-orders", leaf("/references/customer", "SO-1"))) == 1


def test_the_date_header_is_the_simulated_time_or_wrong(stocked: Caller) -> None:
    stocked.running.clock.freeze()
    now = stocked.running.clock.advance(days=10)
    stocked.running.weather.fault("list_customers", "wrong_date", skew_seconds=-3600)
    shown = [email.utils.parsedate_to_datetime(stocked.get("/customers").headers["date"]) for _ in range(2)]
    assert [now.replace(microsecond=0) - moment for moment in shown] == [timedelta(hours=1), timedelta()]


@pytest.mark.parametrize(("shift", "second_page"), [(-1, ["SO-2", "SO-3"]), (1, ["SO-4"]), (0, ["SO-3", "SO-4"])])
def test_pages_shift_while_they_are_read(stocked: Caller, shift: int, second_page: list[str]) -> None:
    for number in range(1, 5):
        stocked.create(f"SO-{number}", line("A", 1))
    stocked.running.control.post(
        "/faults", {"script": [{"operation": "search_orders", "do": "shift_pages", "shift": shift, "times": 2}]}
    )
    pages = [stocked.search("outbound-orders", query=f"?page={page}&size=2") for page in (1, 2)]
    shown = [[order["references"]["customer"] for order in page] for page in pages]
    assert shown == [["SO-1", "SO-2"], second_page]


def test_answers_may_hold_what_nobody_has_seen(stocked: Caller) -> None:
    plain = stocked.create("SO-1", line("A", 1)).json()
    for deed in ("unknown_fields", "unknown_status"):
        stocked.running.weather.fault("get_order", deed)
    extended, strange = (stocked.get(f"/outbound-orders/{plain['id']}").json() for _ in range(2))
    assert set(extended) - set(plain) == {"addedLater"}
    assert "addedLater" in extended["details"] and "addedLater" in extended["items"][0]
    assert strange == {**plain, "status": strange["status"]} and strange["status"] != plain["status"]


RATES = {"lose_answer": 0.2, "http_503_html": 0.2, "http_500_applied": 0.1, "truncate": 0.1, "search_lag": 0.1}


def weathered(api: Caller, seed: int | None) -> tuple[int, list[Any]]:
    """What twenty creations and searches came to under a storm."""
    outcomes: list[Any] = []
    with api.running.weather.storm(RATES, seed=seed, operations=["create_order", "search_orders"]) as drawn:
        for number in range(20):
            for call in (lambda n=number: api.create(f"S{drawn}-{n}", line("A", 1)), _search(api)):
                try:
                    outcomes.append(call().status_code)
                except httpx2.TransportError as error:
                    outcomes.append(type(error).__name__)
    return drawn, outcomes


def _search(api: Caller) -> Any:
    return lambda: api.post("/outbound-orders/search", {"condition": {"type": "AndCondition", "conditions": []}})


def test_a_storm_replays_from_its_seed(stocked: Caller) -> None:
    control = stocked.running.control
    seed, first = weathered(stocked, None)
    for order in control.list_lines("/orders"):
        control.delete(f"/orders/{order['id']}")
    again, second = weathered(stocked, seed)
    _, other = weathered(stocked, seed + 1)
    assert (again, second) == (seed, first)
    assert other != first
    assert {200, 201} < set(first)


def test_a_storm_tells_its_seed_and_its_future(stocked: Caller) -> None:
    control = stocked.running.control
    raised = control.post("/storm", {"rates": {"http_429": 0.5}, "operations": ["list_customers"]})["storm"]
    assert isinstance(raised["seed"], int)
    foretold = control.get("/storm/forecast?operation=list_customers&calls=30")["calls"]
    assert {None, "status_429"} == set(foretold)
    seen = [stocked.get("/customers").status_code for _ in range(30)]
    assert seen == [429 if deed else 200 for deed in foretold]
    assert control.get("/storm")["storm"]["hits"] == {"list_customers": {"status_429": seen.count(429)}}
    assert stocked.get("/warehouse-products").status_code == 200


def test_the_control_plane_has_its_own_sky(stocked: Caller) -> None:
    with stocked.running.weather.storm({"http_500": 1}):
        assert stocked.get("/customers").status_code == 500
        for path in ("/state", "/orders", "/wire", "/clock"):
            assert httpx2.get(f"{stocked.running.base_url}/_sim{path}").status_code == 200
    assert stocked.get("/customers").status_code == 200


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("webhook_")])
def test_every_kind_blows(stocked: Caller, kind: str) -> None:
    """Each kind can be met somewhere, and the simulator is well afterwards."""
    stocked.create("SO-1", line("A", 1))
    seconds = {name: [0, 0.01] for name in ("delay_seconds", "apply_late_seconds", "search_lag_seconds")}
    with stocked.running.weather.storm({kind: 1}, seed=5, size=100_000, **seconds):
        for call in (lambda: stocked.create("SO-2", line("A", 1)), _search(stocked)):
            try:
                call()
            except httpx2.TransportError:
                continue
        assert sum(stocked.running.weather.hits().get(name, {}) != {} for name in ("create_order", "search_orders"))
    stocked.running.clock.advance(seconds=1)
    assert stocked.get("/customers").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/storm", {"rates": {"frogs": 0.1}}, "/rates/frogs"),
        ("/storm", {"rates": {"http_500": 1.5}}, "/rates/http_500"),
        ("/storm", {"rates": {"http_500": 0.6, "http_503": 0.6}}, "/rates"),
        ("/storm", {"rates": {}, "operations": ["nope"]}, "/operations/0"),
        ("/faults", {"script": [{"operation": "create_order", "do": "webhook_lose"}]}, "/script/0/do"),
        ("/faults", {"script": [{"operation": "webhook_consignments", "do": "delay"}]}, "/script/0/do"),
    ],
)
def test_impossible_weather_is_refused(api: Caller, path: str, body: Any, field: str) -> None:
    answer = httpx2.post(f"{api.running.base_url}/_sim{path}", json=body)
    assert (answer.status_code, answer.json()[0]["field"]) == (422, field)
    assert api.running.control.get("/storm")["storm"] is None
    assert api.running.control.get("/faults") == {"script": []}
