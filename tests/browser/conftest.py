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
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from psycopg.conninfo import make_conninfo

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


def _find_chromium() -> str | None:
    usual = Path("/usr/bin/chromium")
    return str(usual) if usual.exists() else shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Dockline."""
    if _find_chromium() is None:
        pytest.skip("no Chromium on this machine")
    name = f"browser_{secrets.token_hex(6)}"
    port = _free_port()
    with _database(name) as address:
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "DOCKLINE_DATA": str(tmp_path_factory.mktemp("data")),
            "PYTHONPATH": os.pathsep.join(["src", "."]),
        }
        root = Path(__file__).resolve().parents[2]
        process = subprocess.Popen([sys.executable, "-m", "tests.browser.serve", str(port)], cwd=root, env=environment)
        try:
            yield _wait_for(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(timeout=20)


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


def sign_in(page: Page) -> None:
    """Sign in as people do."""
    page.goto("/sign-in/")
    page.fill("[name=username]", USER)
    page.fill("[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_selector("h1:has-text('All accounts')")


@contextmanager
def _database(name: str) -> Iterator[str]:
    root = os.environ["DATABASE_URL"]
    with psycopg.connect(root, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield make_conninfo(root, dbname=name)
    finally:
        with psycopg.connect(root, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


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
