"""A real server with a database of its own, and a real Chromium."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from psycopg.conninfo import make_conninfo

from cartoncloud_simulator.testing import running_simulator
from tests.browser.site import SYNC_SECONDS, Site, running_worker, set_up
from tests.support.page_world import PASSWORD, USER

STARTING_SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Open = Callable[..., BrowserContext]

# What a worker does is waited for as long as a busy machine may need; nothing waits when it is there.
expect.set_options(timeout=SYNC_SECONDS * 1000)


def _find_chromium() -> str | None:
    usual = Path("/usr/bin/chromium")
    return str(usual) if usual.exists() else shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Dockline over a world of examples."""
    with _serving(tmp_path_factory.mktemp("data")) as (address, _):
        yield address


@pytest.fixture(scope="session")
def new_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A new installation with a worker, where one person may sign in, and a CartonCloud far away."""
    with (
        _serving(tmp_path_factory.mktemp("site"), "new") as (address, environment),
        running_worker(environment) as worker,
        running_simulator() as far,
    ):
        far.control.set(outbound_rate_limit_enabled=False, report_delay_seconds=0)
        yield Site(address, environment, far, worker)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = _find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(server: str, chromium: Browser) -> object:
    """The cookies of a person who has signed in once."""
    context = chromium.new_context(base_url=server)
    sign_in(context.new_page())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_browser(server: str, chromium: Browser, signed_in: object) -> Iterator[Open]:
    """Open a browser window of a person who has signed in, or of a stranger."""
    contexts = []

    def open_one(*, stranger: bool = False, **options: object) -> BrowserContext:
        state = None if stranger else signed_in
        contexts.append(chromium.new_context(base_url=server, storage_state=state, **options))  # type: ignore[arg-type]
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def site(new_site: Site, chromium: Browser) -> Site:
    """The same after its first person has set it up in the pages and has switched its recurring jobs off."""
    context = chromium.new_context(base_url=new_site.address, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SYNC_SECONDS * 1000)
    sign_in(page)
    set_up(page, new_site)
    new_site.signed_in = context.storage_state()
    context.close()
    return new_site


@pytest.fixture
def open_site(site: Site, chromium: Browser) -> Iterator[Open]:
    """Open a browser window of the person who has set the site up."""
    contexts = []

    def open_one(*, stranger: bool = False, **options: object) -> BrowserContext:
        state = None if stranger else site.signed_in
        contexts.append(chromium.new_context(base_url=site.address, storage_state=state, **options))  # type: ignore[arg-type]
        contexts[-1].set_default_timeout(SYNC_SECONDS * 1000)
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


def sign_in(page: Page) -> None:
    """Sign in as people do."""
    page.goto("/sign-in/")
    page.fill("[name=username]", USER)
    page.fill("[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_selector("h1:has-text('All accounts')")


@contextmanager
def _serving(folder: Path, *words: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve from a database of its own; return the address, and the environment for more processes."""
    if _find_chromium() is None:
        pytest.skip("no Chromium on this machine")
    port = _free_port()
    root = Path(__file__).resolve().parents[2]
    with _database(f"browser_{secrets.token_hex(6)}") as address:
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "DOCKLINE_DATA": str(folder),
            "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)]),
        }
        command = [sys.executable, "-m", "tests.browser.serve", str(port), *words]
        process = subprocess.Popen(command, cwd=root, env=environment)
        try:
            yield _wait_for(f"http://127.0.0.1:{port}", process), environment
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def _database(name: str) -> Iterator[str]:
    root = os.environ["DATABASE_URL"]
    with psycopg.connect(root, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield make_conninfo(root, dbname=name)
    finally:
        with psycopg.connect(root, autocommit=True) as connection:
            # Our own sessions only: whoever vacuums there may not be ended by us, and gives way by itself.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
                [name],
            )
            connection.execute(f'DROP DATABASE "{name}"'.encode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended with code {process.returncode}")
        try:
            urllib.request.urlopen(f"{address}/sign-in/", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return address
    pytest.fail("the server did not start in time")
