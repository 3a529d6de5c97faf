"""Rate limits and the bad days that can be ordered."""

import httpx2
import pytest

from tests.simulator.caller import Caller, line
from tests.simulator.fidelity.calls import Tenant, own


@pytest.fixture
def limited(stocked: Caller) -> Caller:
    stocked.running.control.set(outbound_rate_limit_enabled=True)
    return stocked


@pytest.mark.fidelity("4.6-thirty", "4.6-status", "4.6-no-rate-headers", "4.7-rate-limited")
def test_thirty_creations_a_minute_and_client(limited: Caller, tenant: Tenant) -> None:
    one, other = tenant.client(), tenant.client()
    answers = [one.create(f"SO-{number}", line("A", 1)) for number in range(31)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]
    assert len(own(one, "outbound-orders", query="?size=100").json()) == 30
    assert isinstance(answers[-1].json(), list)
    assert not [name for answer in answers for name in answer.headers if "ratelimit" in name.lower()]
    assert one.get("/customers").status_code == 200
    assert other.create("SO-30", line("A", 1)).status_code == 201


@pytest.mark.fidelity("4.6-rolling", "4.6-retry-after")
def test_the_window_rolls(limited: Caller, tenant: Tenant) -> None:
    one = tenant.client()
    tenant.control.set(outbound_rate_limit=1)
    assert one.create("SO-1", line("A", 1)).status_code == 201
    refused = one.create("SO-2", line("A", 1))
    assert (refused.status_code, 0 < int(refused.headers["Retry-After"]) <= 60) == (429, True)
    tenant.control.set(retry_after_sent=False)
    assert "Retry-After" not in one.create("SO-2", line("A", 1)).headers
    limited.running.clock.advance(seconds=61)
    assert [one.create(f"SO-{number}", line("A", 1)).status_code for number in (2, 3)] == [201, 429]


@pytest.mark.fidelity("4.6-spacing")
def test_strict_spacing(limited: Caller, tenant: Tenant) -> None:
    one = tenant.client()
    tenant.control.set(outbound_rate_strict_spacing_seconds=2)
    assert [one.create(f"SO-{number}", line("A", 1)).status_code for number in (1, 2)] == [201, 429]
    limited.running.clock.advance(seconds=2)
    assert one.create("SO-2", line("A", 1)).status_code == 201


@pytest.mark.fidelity("21-scripted-errors", "4.7-server-faults", "5-foreign-forms")
def test_errors_come_as_scripted(stocked: Caller) -> None:
    script = [
        {"operation": "create_order", "do": "status", "status": 401},
        {"operation": "*", "do": "status", "status": 429, "headers": {"Retry-After": "9"}},
        {"operation": "create_order", "do": "status", "status": 500, "body": '{"error": "Internal"}'},
        {"operation": "create_order", "do": "status", "status": 503, "body": "<html>Maintenance</html>"},
    ]
    stocked.running.control.post("/faults", {"script": script})
    answers = [stocked.create("SO-1", line("A", 1)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 429, 500, 503, 201]
    assert answers[1].headers["Retry-After"] == "9"
    assert (answers[2].json(), answers[3].text) == ({"error": "Internal"}, "<html>Maintenance</html>")
    assert len(own(stocked, "outbound-orders").json()) == 1


@pytest.mark.fidelity("21-scripted-loss")
@pytest.mark.parametrize(("deed", "applied"), [("lose_answer", 1), ("reset_before", 0), ("reset_after", 1)])
def test_answers_get_lost_as_scripted(stocked: Caller, deed: str, applied: int) -> None:
    stocked.running.control.post("/faults", {"script": [{"operation": "create_order", "do": deed}]})
    with pytest.raises(httpx2.TransportError):
        stocked.create("SO-1", line("A", 1))
    assert len(own(stocked, "outbound-orders").json()) == applied


@pytest.mark.fidelity("21-scripted-loss")
def test_answers_are_late_as_scripted(stocked: Caller) -> None:
    stocked.running.control.post("/faults", {"script": [{"operation": "*", "do": "delay", "delay_seconds": 1}]})
    with pytest.raises(httpx2.ReadTimeout):
        stocked.http.get(f"{stocked.tenant}/customers", timeout=0.05)
    assert stocked.http.get(f"{stocked.tenant}/customers").status_code == 200
