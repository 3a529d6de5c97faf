"""`up` as a person runs it: it ends all it started, and brings back what dies."""

import os
import signal
import socket
import time

import pytest

from dockline.kit import postgres
from tests.processes.installation import Installation, bring_up, is_alive, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connect_shop(installation: Installation) -> None:
    installation.do("channel", "connect", "--account", "Bluegum", "--warehouse", "Brisbane", "--connector", "manual")


def confirmed(installation: Installation) -> int:
    return int(installation.rows("SELECT count(*) FROM shipments_shipment WHERE dispatch = 'confirmed'")[0][0])


@pytest.mark.fault("C15")
def test_ctrl_c_ends_everything_it_started(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site = bring_up(installation, taken.getsockname()[1])
        assert not site.address.endswith(f":{taken.getsockname()[1]}")
    assert site.status("/orders/") == 302, "pages are behind the sign-in"
    children, postmaster = installation.children(site.process), installation.postmaster()
    assert set(children) == {"web", "worker"} and is_alive(postmaster)

    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(30) == 0, installation.said()
    assert not [name for name, pid in children.items() if is_alive(pid)]
    assert postgres.status(installation.root) == "stopped"
    assert not is_alive(postmaster)
    assert site.status() == 0
    assert "Traceback" not in installation.said()


@pytest.mark.fault("P01", "P08")
def test_what_dies_comes_back_and_the_work_goes_on(installation: Installation) -> None:
    site = bring_up(installation, free_port())
    before, postmaster = installation.children(site.process), installation.postmaster()
    connect_shop(installation)
    assert installation.postmaster() == postmaster, "commands beside it leave the database on"

    os.kill(before["worker"], signal.SIGKILL)
    installation.import_orders("Bluegum", ["SO-1", "SO-2"])
    wait_until(lambda: confirmed(installation) == 2, within_seconds=40, what="the work of the orders")
    after = installation.children(site.process)
    assert after["worker"] != before["worker"]
    assert after["web"] == before["web"], "who is well is left alone"

    os.kill(postmaster, signal.SIGKILL)
    wait_until(lambda: not is_alive(postmaster), within_seconds=10, what="the end of the database")
    wait_until(
        lambda: postgres.status(installation.root) == "running" and installation.postmaster() not in (0, postmaster),
        within_seconds=30,
        what="another database",
    )
    wait_until(lambda: site.status() == 200, within_seconds=30, what="a page")
    installation.import_orders("Bluegum", ["SO-3"])
    wait_until(lambda: confirmed(installation) == 3, within_seconds=40, what="the work of the order")
    assert site.process.poll() is None


def test_who_supervises_is_still_there_after_the_database_died(installation: Installation) -> None:
    site = bring_up(installation, free_port())
    children, postmaster = installation.children(site.process).values(), installation.postmaster()
    # Without their connections nobody but the supervisor keeps the new database from being turned off.
    for child in children:
        os.kill(child, signal.SIGSTOP)
    os.kill(postmaster, signal.SIGKILL)
    wait_until(
        lambda: "it is running again" in installation.said(),
        within_seconds=30,
        what=lambda: f"word of it: {installation.said()}",
    )
    again = installation.postmaster()
    assert again != postmaster
    installation.do("account", "add", "Another")
    assert installation.postmaster() == again and postgres.status(installation.root) == "running"
    for child in children:
        os.kill(child, signal.SIGCONT)
    wait_until(lambda: site.status() == 200, within_seconds=30, what="a page")


def test_the_last_one_out_stops_the_database_and_nobody_before(installation: Installation) -> None:
    first = installation.start("account", "add", "First")
    # The second comes while the first is there, and is still on its way in when the first leaves.
    time.sleep(0.8)
    second = installation.start("account", "add", "Second")
    assert (first.wait(30), second.wait(30)) == (0, 0), installation.said()
    assert "First created" in installation.said() and "Second created" in installation.said()
    assert postgres.status(installation.root) == "stopped"
