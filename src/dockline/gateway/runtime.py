"""What a connector is given, and the open conversation with one channel."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, InterfaceError
from pydantic import ValidationError

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.errors import Misconfigured, NotReached
from dockline.connectors.contract.runtime import Store
from dockline.connectors.contract.settings import ConnectorSettings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.connectors.toolkit.redaction import Redactor
from dockline.domain.channels import operations as channels
from dockline.domain.channels import queries as channel_queries
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import CLOCKS_MAY_DIFFER
from dockline.gateway import addresses, directory, pace, reactions
from dockline.gateway.http import DEADLINE_SECONDS, Call, HttpDoor
from dockline.kit import clock
from dockline.kit.crypto import KeyProblem

LONGEST_TURN_SECONDS = 20.0
SLOW_BETWEEN_SECONDS = 0.5
"""From here on a whole batch could not leave before its deadline."""

_counted: ContextVar["CallCount | None"] = ContextVar("counted", default=None)
_recorded: ContextVar[list[Call] | None] = ContextVar("recorded", default=None)
_last_moment: ContextVar[float | None] = ContextVar("last_moment", default=None)
_may_write: ContextVar[bool] = ContextVar("may_write", default=False)


@dataclass(frozen=True)
class Conversation:
    """A connector opened for one channel. Safe to use from several threads.

    `connector` fulfils the protocols of the abilities its spec declares: ask `can`, then hold it as the protocol.
    """

    connection: Connection
    spec: ConnectorSpec
    settings: ConnectorSettings
    connector: Any = field(repr=False)
    runtime: "ChannelRuntime" = field(repr=False)

    def can(self, capability: Capability) -> bool:
        """Whether the connector has this ability."""
        return capability in self.spec.capabilities


class CallCount:
    """How many requests were made so far. Threads may share it when they run in a copy of the counting context."""

    def __init__(self) -> None:
        self.made = 0
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count one more."""
        with self._lock:
            self.made += 1


@contextmanager
def counting() -> Iterator[CallCount]:
    """Count the requests of this context, whatever comes of them: a warehouse may have to pay for each."""
    count = CallCount()
    counted = _counted.set(count)
    try:
        yield count
    finally:
        _counted.reset(counted)


@contextmanager
def recording(*, send_before: float | None = None) -> Iterator[list[Call]]:
    """Collect the calls this thread makes. After `send_before`, on the monotonic clock, none may start any more."""
    calls: list[Call] = []
    recorded = _recorded.set(calls)
    moment = _last_moment.set(send_before)
    try:
        yield calls
    finally:
        _last_moment.reset(moment)
        _recorded.reset(recorded)


@contextmanager
def writing() -> Iterator[None]:
    """Let this context send requests that write: for who was told that sending may go on (`flows/guard.py`).

    And for the connection test, whose requests change nothing.
    """
    allowed = _may_write.set(True)
    try:
        yield
    finally:
        _may_write.reset(allowed)


def converse(channel_id: int) -> Conversation:
    """Open the channel, or return the conversation this process has open with the same settings.

    Raises Misconfigured when the stored settings do not fit the connector.
    """
    connection = channel_queries.get_connection(channel_id)
    known = _open.get(channel_id)
    if known is not None and known.connection.credential_version == connection.credential_version:
        return replace(known, connection=connection)
    conversation = open_conversation(connection)
    with _lock:
        former = _open.pop(channel_id, None)
        _open[channel_id] = conversation
    if former is not None:
        former.runtime.close()
    return conversation


def end_conversations() -> None:
    """Close every conversation of this process, and know no more than one that has just begun."""
    with _lock:
        while _open:
            _open.popitem()[1].runtime.close()
    pace.forget()


def read_settings(connection: Connection) -> ConnectorSettings | None:
    """Return a channel's settings without its secrets, for what they say of themselves; None when they do not fit."""
    spec = directory.get_connector(connection.connector)
    blank = dict.fromkeys(spec.settings.secret_names(), "not shown")
    try:
        return spec.settings.model_validate({**connection.plain, **blank})
    except ValidationError:
        return None


def open_conversation(connection: Connection, *, deadline_seconds: float = DEADLINE_SECONDS) -> Conversation:
    """Open a connector for these settings, stored or not yet; each of its calls ends within the deadline."""
    spec = directory.get_connector(connection.connector)
    try:
        settings = spec.settings.model_validate({**connection.plain, **connection.unseal()})
    except KeyProblem as problem:
        raise Misconfigured(f"{problem.message} Restore the keys, or enter the channel's secrets again.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise Misconfigured(f"Setting {name}: {words}.", field=name) from None
    addresses.check_address(spec, settings)
    runtime = ChannelRuntime(connection, spec, settings, deadline_seconds=deadline_seconds)
    return Conversation(connection, spec, settings, spec.open(settings, runtime), runtime)


class ChannelRuntime:
    """Fulfils the contract's `Runtime` for one channel."""

    def __init__(
        self, connection: Connection, spec: ConnectorSpec, settings: ConnectorSettings, *, deadline_seconds: float
    ) -> None:
        # Settings that are not stored yet have no row to keep anything in.
        self.store: Store = ChannelStore(connection.channel_id) if connection.channel_id else DraftStore()
        self._connection = connection
        self._is_apart: bool | None = None
        self._paces = spec.paces(settings)
        self._learned = pace.of(connection.channel_id)
        self._channel_id = connection.channel_id
        former = channel_queries.list_former_secrets(connection.channel_id, now=self.now())
        self._redactor = Redactor(secrets=(*settings.secret_values(), *former), personal_keys=spec.personal_keys)
        address = spec.origin(settings)
        self._http: HttpDoor | None = None
        if address:
            self._http = HttpDoor(
                allowed_origin=address,
                redactor=self._redactor,
                pace=self._wait_for_turn,
                before_write=_require_permission,
                on_call=self._record,
                may_be_private=addresses.is_allowed(address),
                deadline_seconds=deadline_seconds,
            )

    @property
    def http(self) -> HttpDoor:
        """The door out; a connector without an address has none."""
        if self._http is None:
            raise Misconfigured("This connector has no address to speak to.")
        return self._http

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)

    def redact(self, text: str) -> str:
        """Mask the channel's secrets, former ones too."""
        return self._redactor.text(text)

    @property
    def is_slow(self) -> bool:
        """Whether the far side wants to be told things one by one, with time between them."""
        paces = self._paces.values()
        return any(limit.seconds_between > 0 for limit in paces) or self._learned.between >= SLOW_BETWEEN_SECONDS

    def slow_down(self, wait: float) -> None:
        """The far side asked to wait: nothing that keeps a pace leaves before, and the next ones leave slower.

        That holds for all workers (`gateway/pace.py`).
        """
        # An answer must not be lost because of this: the channel rests, and the next refusal teaches as well.
        with suppress(DatabaseError, InterfaceError):
            self._learned.hear_refusal(wait)

    def speed_up(self) -> None:
        """The far side took what was sent."""
        self._learned.hear_answer()

    def close(self) -> None:
        """Close the door's connections."""
        if self._http is not None:
            self._http.close()

    def _record(self, call: Call) -> None:
        _record(call)
        apart = call.measure_apart()
        if apart is None or not self._channel_id:
            return
        # Told once when it begins and once when it ends, by each process.
        is_apart = abs(apart) > CLOCKS_MAY_DIFFER
        if is_apart != self._is_apart:
            # An answer must not be lost because of this: the next one tells as well.
            with suppress(DatabaseError):
                reactions.note_clock(self._connection, apart=apart if is_apart else None, now=clock.now())
                self._is_apart = is_apart

    def _wait_for_turn(self, name: str) -> None:
        try:
            limit = self._paces.get(name)
            if limit is not None and limit.seconds_between > 0:
                between = limit.seconds_between
                wait, learned = channels.take_turn(self._channel_id, pace=name, seconds_between=between)
                self._learned.hear(learned)
                _sleep(wait)
            self._wait_slowly()
        except (DatabaseError, InterfaceError) as error:
            raise NotReached("Our database gave no turn.", wait_seconds=1.0, throttled=True) from error
        moment = _last_moment.get()
        if moment is not None and time.monotonic() > moment:
            # A worker that slept past its deadline must not send: somebody else may be settling this attempt.
            raise NotReached("The attempt's time was over before it was sent.", wait_seconds=1.0, throttled=True)

    def _wait_slowly(self) -> None:
        while (wait := self._learned.take_turn()) > 0:
            _sleep(wait)
            if not self._learned.is_quiet():
                return


class ChannelStore:
    """Fulfils the contract's `Store`: a connector's small texts, encrypted, in the database."""

    def __init__(self, channel_id: int) -> None:
        self._channel_id = channel_id

    def get(self, key: str) -> str | None:
        """Return the text unless it has expired."""
        return channel_queries.find_text(self._channel_id, key=key, now=datetime.now(UTC))

    def put(self, key: str, value: str, *, expires_at: datetime | None = None) -> None:
        """Keep a text."""
        channels.put_text(self._channel_id, key=key, value=value, expires_at=expires_at)

    def forget(self, key: str) -> None:
        """Drop a text."""
        channels.forget_text(self._channel_id, key=key)


class DraftStore:
    """Fulfils the contract's `Store` in memory, while settings are only being tried out."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return the text."""
        return self._texts.get(key)

    def put(self, key: str, value: str, *, expires_at: datetime | None = None) -> None:
        """Keep a text; a trial is shorter than any expiry."""
        self._texts[key] = value

    def forget(self, key: str) -> None:
        """Drop a text."""
        self._texts.pop(key, None)


_open: dict[int, Conversation] = {}
_lock = threading.Lock()


def _sleep(wait: float) -> None:
    """Wait for a turn. Raises NotReached where that is too long to keep a worker waiting."""
    if wait > LONGEST_TURN_SECONDS:
        raise NotReached("Many requests wait for their turn.", wait_seconds=wait, throttled=True)
    time.sleep(wait)


def _require_permission() -> None:
    if not _may_write.get():
        raise NotReached("Nobody asked whether sending may go on.", wait_seconds=60.0, throttled=True)


def _record(call: Call) -> None:
    count, calls = _counted.get(), _recorded.get()
    if count is not None:
        count.add()
    if calls is not None:
        calls.append(call)
