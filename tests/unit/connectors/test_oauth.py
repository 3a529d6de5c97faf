"""A token is fetched by one thread, kept for all, and replaced when it is refused."""

import threading
import time
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from dockline.connectors.contract.errors import Unreadable
from dockline.connectors.contract.runtime import HttpResponse, Runtime
from dockline.connectors.toolkit.oauth import Credentials, Tokens


class StubRuntime:
    """Signs in slowly and counts."""

    def __init__(self, expires_in: int = 3600, token: str = "token") -> None:
        self.http = self.store = self
        self.texts: dict[str, str] = {}
        self.sign_ins = 0
        self._expires_in = expires_in
        self._token = token

    def now(self) -> datetime:
        return datetime.now(UTC)

    def redact(self, text: str) -> str:
        return text

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        self.texts[key] = value

    def forget(self, key: str) -> None:
        self.texts.pop(key, None)

    def send(self, *_: object, **__: object) -> HttpResponse:
        self.sign_ins += 1
        time.sleep(0.02)
        body = f'{{"access_token": "{self._token}-{self.sign_ins}", "expires_in": {self._expires_in}}}'
        return HttpResponse(200, {}, body.encode())


CREDENTIALS = Credentials("https://far.example/token", "id", "the-secret")


def tokens(runtime: StubRuntime, credentials: Credentials = CREDENTIALS) -> Tokens:
    return Tokens(credentials, cast(Runtime, runtime), raise_for=lambda response: None)


@pytest.mark.fault("K01")
def test_many_threads_sign_in_once():
    runtime = StubRuntime()
    shared, other = tokens(runtime), tokens(runtime)
    got: list[str] = []
    threads = [threading.Thread(target=lambda one=one: got.append(one.token())) for one in (shared, other) * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(got), runtime.sign_ins) == ({"token-1"}, 1)


@pytest.mark.fault("K01")
def test_a_refused_token_is_replaced_once_and_the_second_answer_stands():
    runtime = StubRuntime()
    sent: list[str] = []

    def send(token: str) -> HttpResponse:
        sent.append(token)
        return HttpResponse(401, {}, b"[]")

    assert tokens(runtime).authorised(send).status == 401
    assert sent == ["token-1", "token-2"]


def test_a_web_page_is_no_refusal_of_the_token():
    sent: list[str] = []

    def send(token: str) -> HttpResponse:
        sent.append(token)
        return HttpResponse(401, {"content-type": "text/html"}, b"<html>")

    tokens(StubRuntime()).authorised(send)
    assert len(sent) == 1


def test_a_short_lived_token_is_not_kept():
    runtime = StubRuntime(expires_in=30)
    assert [tokens(runtime).token(), tokens(runtime).token()] == ["token-1", "token-2"]
    assert runtime.texts == {}


@pytest.mark.fault("K03")
def test_a_token_that_is_said_to_live_for_ever_is_kept_for_a_day():
    runtime = StubRuntime(expires_in=999_999_999_999_999_999)
    assert tokens(runtime).token() == tokens(runtime).token() == "token-1"


@pytest.mark.parametrize("token", ["a\\r\\nHost: evil", "with space", "é", "x" * 9000])
@pytest.mark.fault("N15")
def test_a_token_that_no_header_can_carry_is_unreadable(token: str):
    with pytest.raises(Unreadable):
        tokens(StubRuntime(token=token)).token()


def test_changed_credentials_never_meet_an_old_token():
    runtime = StubRuntime()
    tokens(runtime).token()
    changed = Credentials(CREDENTIALS.token_url, "id", "another-secret")
    assert tokens(runtime, changed).token() == "token-2"


def test_the_secret_is_shown_nowhere():
    shown: Any = f"{CREDENTIALS!r} {tokens(StubRuntime())!r} {CREDENTIALS.store_key}"
    assert "the-secret" not in shown
