"""Client-credentials tokens: kept in the store, renewed early, fetched by one thread at a time."""

import base64
import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

import msgspec

from dockline.connectors.contract import errors
from dockline.connectors.contract.runtime import HttpResponse, Runtime
from dockline.connectors.toolkit import json, statuses

_SHORTEST_MARGIN_SECONDS = 60
_LONGEST_LIFE_SECONDS = 24 * 60 * 60
_MARGIN_PART = 10
# How long a token is used without asking the store again; well inside the margin before its end.
_BELIEVED = timedelta(seconds=30)


class _Lock:
    """A lock that can be held weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
_locks_guard = threading.Lock()


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


@dataclass(frozen=True)
class Credentials:
    """Who we are at one token address. Its repr shows no secret."""

    token_url: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.client_id!r} at {self.token_url!r})"

    @property
    def store_key(self) -> str:
        """Where the token is kept: changed credentials never meet an old token."""
        text = "\0".join((self.token_url, self.client_id, self.client_secret))
        return "token:" + hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def basic(self) -> str:
        """The Authorization header of the token request."""
        return "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


class Tokens:
    """Gives out a valid token. Safe to use from several threads."""

    def __init__(
        self, credentials: Credentials, runtime: Runtime, *, raise_for: Callable[[HttpResponse], None]
    ) -> None:
        self._credentials = credentials
        self._runtime = runtime
        self._raise_for = raise_for
        self._lock = _lock_for(credentials.store_key)
        self._memory = ("", runtime.now())

    def token(self, *, rejected: str = "") -> str:
        """Return a token other than the rejected one, from the store while it is good, else a fresh one."""
        token = self._kept(rejected)
        if token:
            return token
        with self._lock.lock:
            # Somebody else may have fetched it while we waited.
            return self._kept(rejected) or self._fetch()

    def authorised(self, send: Callable[[str], HttpResponse]) -> HttpResponse:
        """Send with a token. A 401 fetches one new token and sends once more: it precedes all processing."""
        token = self.token()
        response = send(token)
        if response.status != 401 or statuses.is_web_page(response):
            return response
        return send(self.token(rejected=token))

    def forget(self) -> None:
        """Drop the kept token, so that the next call proves the credentials again."""
        self._memory = ("", self._runtime.now())
        self._runtime.store.forget(self._credentials.store_key)

    def _kept(self, rejected: str) -> str:
        token, believed_until = self._memory
        now = self._runtime.now()
        if not token or token == rejected or now >= believed_until:
            token = self._runtime.store.get(self._credentials.store_key) or ""
            self._memory = (token, now + _BELIEVED)
        return "" if token == rejected else token

    def _fetch(self) -> str:
        response = self._runtime.http.send(
            "POST",
            self._credentials.token_url,
            headers={
                "Authorization": self._credentials.basic,
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=b"grant_type=client_credentials",
        )
        self._raise_for(response)
        answer = json.decode(response.body, as_type=_TokenAnswer)
        # It becomes part of a header, where nothing but visible characters may stand.
        if not re.fullmatch(r"[!-~]{1,8000}", answer.access_token):
            raise errors.Unreadable("The sign-in answer has no token in it.")
        lives = min(max(answer.expires_in, 0), _LONGEST_LIFE_SECONDS)
        margin = max(_SHORTEST_MARGIN_SECONDS, lives // _MARGIN_PART)
        # A token that lives shorter than the margin is used for this call and not kept.
        if lives > margin:
            expires_at = self._runtime.now() + timedelta(seconds=lives - margin)
            self._runtime.store.put(self._credentials.store_key, answer.access_token, expires_at=expires_at)
        return answer.access_token


def _lock_for(key: str) -> _Lock:
    with _locks_guard:
        lock = _locks.get(key)
        if lock is None:
            lock = _locks[key] = _Lock()
        return lock
