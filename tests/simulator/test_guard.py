"""The control plane takes acts from programs and from its own pages, never from a page of the open web."""

import httpx2
import pytest

from cartoncloud_simulator.testing import RunningSimulator

FOREIGN = {
    "another page's form": {"Origin": "https://shop.example", "Content-Type": "application/json"},
    "a page of nowhere": {"Origin": "null", "Content-Type": "application/json"},
    "another port": {"Origin": "http://127.0.0.1:1", "Content-Type": "application/json"},
    "another site, says the browser": {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
    "a neighbour, says the browser": {"Sec-Fetch-Site": "same-site", "Content-Type": "application/json"},
    "a name that points here": {"Host": "sim.shop.example", "Content-Type": "application/json"},
    "a host nobody can read": {"Host": "[", "Content-Type": "application/json"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_foreign_pages_cannot_act(headers: dict[str, str], cartoncloud: RunningSimulator) -> None:
    url = f"{cartoncloud.base_url}/_sim/settings"
    refused = httpx2.patch(url, json={"report_fails": True}, headers=headers)
    assert (refused.status_code, list(refused.json()[0])) == (403, ["message"])
    assert cartoncloud.control.get("/settings")["report_fails"] is False


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_body_that_forms_can_send_is_not_read(kind: str | None, cartoncloud: RunningSimulator) -> None:
    headers = {"Content-Type": kind} if kind else {}
    url = f"{cartoncloud.base_url}/_sim/settings"
    assert httpx2.patch(url, content=b'{"report_fails": true}', headers=headers).status_code == 415
    assert cartoncloud.control.get("/settings")["report_fails"] is False


def test_a_name_that_points_here_reads_nothing(cartoncloud: RunningSimulator) -> None:
    url = f"{cartoncloud.base_url}/_sim/state"
    assert httpx2.get(url, headers={"Host": "sim.shop.example"}).status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8700", "[::1]:8700", "simulator:8700", "host.docker.internal"]
)
def test_own_pages_act_under_private_names(host: str, cartoncloud: RunningSimulator) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    url = f"{cartoncloud.base_url}/_sim/settings"
    assert httpx2.patch(url, json={"report_fails": True}, headers=headers).json()["report_fails"] is True
