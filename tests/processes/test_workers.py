"""Two workers on one book of orders, one of them killed: the warehouse ends with each shipment exactly once."""

import signal
import time
from collections import Counter

import pytest

from tests.processes.installation import FarAway, Installation, simulator_process, wait_until

ORDERS = 60
SLOWLY = {"operation": "create_order", "do": "delay", "delay_seconds": 0.3, "times": 16}


def connect(installation: Installation, far: FarAway) -> None:
    """A book of orders, and a channel to the simulator."""
    facts = far.facts
    settings = {
        "api_url": facts["base_url"],
        "client_id": facts["client_id"],
        "tenant_id": facts["tenant_id"],
        "customer_name": facts["customers"][0]["name"],
        "orders_per_minute": "0",
    }
    installation.import_orders("Bluegum", [f"SO-{number}" for number in range(ORDERS)])
    installation.do(
        *("channel", "connect", "--account", "Bluegum", "--warehouse", "Brisbane"),
        *("--connector", "cartoncloud", "--settle-seconds", "1", "--confirm", "all"),
        *(word for name, value in settings.items() for word in ("--set", f"{name}={value}")),
        DOCKLINE_SECRET_CLIENT_SECRET=facts["client_secret"],
    )


def is_there(installation: Installation) -> bool:
    """Whether a worker has begun, and is counted among those who use the database."""
    return installation.rows("SELECT count(*) FROM procrastinate_workers")[0][0] > 0


@pytest.mark.fault("C03", "C08", "C12", "P08")
def test_a_killed_worker_neither_loses_nor_doubles_an_order(installation: Installation) -> None:
    with simulator_process() as far:
        customer_id = far.facts["customers"][0]["id"]
        far.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
        far.control.add_product(customer_id, "MUG")
        far.control.add_stock(customer_id, "MUG", 1000)
        far.control.post("/faults", {"script": [SLOWLY]})
        with installation.kept_running():
            connect(installation, far)
            first = installation.start("worker")
            wait_until(lambda: is_there(installation), within_seconds=40, what="the first worker")
        wait_until(lambda: len(far.control.list_lines("/orders")) >= 6, within_seconds=40, what="the first orders")
        first.kill()
        first.wait()
        sending = installation.rows("SELECT count(*) FROM shipments_shipment WHERE dispatch = 'sending'")
        assert sending[0][0] > 0, "it was killed in the middle of nothing"
        assert len(far.control.list_lines("/orders")) < ORDERS
        # What it had sent arrives; then the time passes after which an attempt counts as lost, and its jobs as well.
        time.sleep(1)
        installation.execute("UPDATE shipments_shipment SET wake_at = now() WHERE dispatch = 'sending'")
        installation.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")

        workers = [installation.start("worker"), installation.start("worker")]
        everything = "SELECT count(*) FROM shipments_shipment WHERE dispatch = 'confirmed'"
        wait_until(lambda: installation.rows(everything)[0][0] == ORDERS, within_seconds=60, what="the rest")
        assert [worker.poll() for worker in workers] == [None, None]

        references = {row[0] for row in installation.rows("SELECT reference FROM shipments_shipment")}
        assert len(references) == ORDERS
        there = Counter(order["reference"] for order in far.control.list_lines("/orders"))
        assert there == Counter(references), "one live order for each shipment"
        ledger = far.control.list_lines("/ledger")
        accepted = Counter(entry["reference"] for entry in ledger if entry["event"] == "accepted")
        assert accepted == Counter(references), "nothing was ever accepted twice"
        assert {entry["event"] for entry in ledger} == {"accepted"}
        assert "sentences hold" in installation.do("check")

        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(30) for worker in workers] == [0, 0]
