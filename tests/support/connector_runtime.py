"""A runtime in memory: what a connector needs, without database and channel."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dockline.connectors.contract.settings import ConnectorSettings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.connectors.toolkit.redaction import Redactor
from dockline.gateway.http import Call, HttpDoor


class MemoryStore:
    """Fulfils the contract's `Store`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.texts: dict[str, tuple[str, datetime | None]] = {}
        self._now = now

    def get(self, key: str) -> str | None:
        text, expires_at = self.texts.get(key, (None, None))
        return None if expires_at and expires_at <= self._now() else text

    def put(self, key: str, value: str, *, expires_at: datetime | None = None) -> None:
        self.texts[key] = (value, expires_at)

    def forget(self, key: str) -> None:
        self.texts.pop(key, None)


class MemoryRuntime:
    """Fulfils the contract's `Runtime` over a real door and records every call."""

    def __init__(self, spec: ConnectorSpec, settings: ConnectorSettings, *, deadline_seconds: float = 10.0) -> None:
        self.offset = timedelta(0)
        self.store = MemoryStore(self.now)
        self.calls: list[Call] = []
        redactor = Redactor(settings.secret_values(), spec.personal_keys)
        self.redact = redactor.text
        self.http = HttpDoor(
            allowed_origin=spec.origin(settings),
            redactor=redactor,
            on_call=self.calls.append,
            deadline_seconds=deadline_seconds,
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def kept_texts(self) -> list[str]:
        return [
            f"{call!r} {call.url} {call.request_headers} {call.request_body} {call.response_headers} "
            f"{call.response_body} {call.error}"
            for call in self.calls
        ]
