"""Somebody holds for long what a worker or a page needs: nobody hangs behind them, and nothing is lost."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from dockline.domain.accounts.models import User
from dockline.domain.exchanges.models import Exchange
from dockline.domain.issues.models import Issue
from dockline.domain.shipments.models import Shipment
from dockline.flows import api_keys, job_names
from dockline.interfaces.jobs import worker
from dockline.kit import database, failpoints
from dockline.kit.failpoints import Failpoint, Moment
from dockline.kit.queue import port as queue
from tests.support.hub import Hub

HELD = "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE"
"""What a migration holds: not even reading goes on."""


@pytest.fixture(autouse=True)
def impatient(transactional_db: None) -> Iterator[None]:
    """This connection gives up as those of workers and pages do, only sooner."""
    ask("SET lock_timeout = '100ms'")
    yield
    ask("RESET lock_timeout")


def ask(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0]) if cursor.description else ""


@contextmanager
def held(statement: str) -> Iterator[threading.Event]:
    """Another session holds it, until the end of the block or until it is told to let go."""
    other, let_go, is_held = connection.copy(), threading.Event(), threading.Event()

    def hold() -> None:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(statement)
            is_held.set()
            let_go.wait(20)
            cursor.execute("ROLLBACK")
        other.close()

    holder = threading.Thread(target=hold)
    other.inc_thread_sharing()
    holder.start()
    is_held.wait(20)
    try:
        yield let_go
    finally:
        let_go.set()
        holder.join(20)


@pytest.mark.fault("P06")
@pytest.mark.parametrize("table", ["shipments_shipment", "exchanges_exchange"])
def test_a_job_that_waits_too_long_comes_back_and_loses_nothing(hub: Hub, table: str) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=1)
    names = ((job_names.ADVANCE, hub.account_id), (job_names.EXPORT_SHIPMENTS, hub.channel_id))
    for name, subject_id in names:
        with held(HELD.format(table)):
            queue.run_one(name, subject_id)
    assert not Issue.objects.filter(resolved_at=None).exists(), "nobody is bothered with it"
    hub.work()
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, shipment.attempts) == ("confirmed", 1)
    assert [one["reference"] for one in hub.far_orders()] == [shipment.reference]


@pytest.mark.fault("P06")
def test_an_answer_that_is_here_waits_for_its_row_and_is_not_lost(hub: Hub) -> None:
    hub.stock(MUG=5)
    order = hub.order("SO-1", MUG=1)
    began = time.monotonic()
    with ExitStack() as stack:

        def watch(point: Failpoint, moment: Moment) -> None:
            is_sending = Shipment.objects.filter(dispatch="sending").exists
            if (point, moment) == (Failpoint.SHIPMENTS_CLAIMED, Moment.AFTER_COMMIT) and is_sending():
                let_go = stack.enter_context(held("SELECT id FROM shipments_shipment FOR UPDATE"))
                threading.Timer(0.4, let_go.set).start()

        with failpoints.watched(watch):
            hub.work()
    assert time.monotonic() - began > 0.4
    (shipment,) = hub.shipments(order)
    assert (shipment.dispatch, shipment.attempts) == ("confirmed", 1)
    assert not Exchange.objects.filter(kind="find_shipment").exists(), "it was never lost, so nobody had to look"


@pytest.mark.fault("P06")
def test_a_page_and_a_program_are_told_within_seconds(hub: Hub, settings: Settings) -> None:
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    person = Client(raise_request_exception=False)
    person.force_login(User.objects.create_user("Ada"))
    key = api_keys.add_key(name="robot", account_id=None, actor="a test", now=timezone.now()).key
    program = {"Authorization": f"Bearer {key}"}
    with held(HELD.format("orders_salesorder")):
        began = time.monotonic()
        page = person.get(reverse("orders"))
        answer = person.get("/api/sales-orders", headers=program)
        assert time.monotonic() - began < 2
    assert page.status_code == answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Busy for a moment" in page.text and page.headers["Retry-After"] == "2"
    assert answer.json()["code"] == "busy" and answer.headers["Retry-After"] == "2"
    assert person.get(reverse("orders")).status_code == HTTPStatus.OK
    assert person.get("/api/sales-orders", headers=program).status_code == HTTPStatus.OK


@pytest.mark.fault("P06")
def test_a_migration_gives_way_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)
    tries: list[float] = []

    def migrate() -> None:
        tries.append(time.monotonic())
        ask("ALTER TABLE orders_salesorder ALTER COLUMN number SET NOT NULL")

    with held("LOCK TABLE orders_salesorder IN ACCESS SHARE MODE") as let_go:
        threading.Timer(0.3, let_go.set).start()
        database.keep_trying(migrate, tries=50, rest_seconds=0.05)
    assert len(tries) > 1
    with held("LOCK TABLE orders_salesorder IN ACCESS SHARE MODE"), pytest.raises(OperationalError):
        database.keep_trying(migrate, tries=2, rest_seconds=0.0)


@pytest.mark.fault("P06")
def test_every_connection_of_a_process_gives_up_and_a_deed_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGOPTIONS", raising=False)
    monkeypatch.setattr(database, "_is_limited", False)
    database.wait_for_deeds()
    assert ask("SHOW lock_timeout") == "100ms", "nothing is limited, so nothing is prolonged"
    database.end_long_waits()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("2s",)
    other.close()
    database.wait_for_deeds()
    assert ask("SHOW lock_timeout") == "30s"


@pytest.mark.fault("P06")
def test_workers_and_the_web_application_begin_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGOPTIONS", raising=False)
    begun: list[str] = []
    monkeypatch.setattr(database, "end_long_waits", lambda: begun.append("limited"))
    monkeypatch.setattr(worker, "_run", lambda: begun.append("working"))
    with pytest.raises(SystemExit):
        worker.worker()
    assert begun == ["limited", "working"]
    look = "import os, dockline.config.asgi; print(os.environ['PGOPTIONS'])"
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "-c lock_timeout=2s"
