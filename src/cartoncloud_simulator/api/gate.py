"""The way in: every public request passes here for weather, token, version, tenant, role and limit.

The operation behind it runs in one step, so a request is applied wholly or not at all, and what it changed is on disk
before it is answered.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from functools import lru_cache

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.call import NOBODY, Answer, Call, Operation
from cartoncloud_simulator.api.wire_log import LOST, Passage
from cartoncloud_simulator.rules.refusals import Refusal, plain
from cartoncloud_simulator.simulator import Simulator
from cartoncloud_simulator.weather import spoiling, travel
from cartoncloud_simulator.weather.faults import Fault

_log = logging.getLogger("cartoncloud_simulator")
_VERSIONS = {str(number): number for number in range(1, 9)}
_JSON = (b"content-type", b"application/json")
_FORWARDED = "x-forwarded-proto"
_CUTS = ("lose_answer", "reset_before", "reset_after", "apply_late")


class Path:
    """One public path: its operations by method, anything else is 405; without any it is unknown."""

    __slots__ = ("is_open", "label", "operations")

    def __init__(self, label: str, operations: Mapping[str, Operation]) -> None:
        self.label = label
        self.operations = operations
        self.is_open = any(operation.is_open for operation in operations.values())


class Gate:
    """Serves the public paths; `paths` are written with {names} for the segments that vary."""

    def __init__(self, simulator: Simulator, paths: Mapping[str, Mapping[str, Operation]]) -> None:
        self._simulator = simulator
        self._unknown = Path("(unknown path)", {})
        self._masks: dict[int, list[tuple[bool, ...]]] = {}
        self._rows: dict[tuple[str, ...], tuple[Path, tuple[tuple[int, str], ...]]] = {}
        self.find = lru_cache(maxsize=1024)(self._find)
        for path, operations in paths.items():
            self._add(path, operations)

    def _add(self, path: str, operations: Mapping[str, Operation]) -> None:
        segments = path.strip("/").split("/")
        shape = tuple("" if segment.startswith("{") else segment for segment in segments)
        names = tuple((index, segment[1:-1]) for index, segment in enumerate(segments) if segment.startswith("{"))
        masks = self._masks.setdefault(len(segments), [])
        mask = tuple(bool(segment) for segment in shape)
        if mask not in masks:
            # What is spelled out goes before what varies: /search is no id.
            masks.append(mask)
            masks.sort(reverse=True)
        label = path.removeprefix("/tenants/{tenant}") or path
        self._rows[shape] = Path(label, operations), names

    def _find(self, path: str) -> tuple[Path, Mapping[str, str]]:
        """The path asked for, and its varying segments by name: ids, which are the same in any case.

        A slash at the end changes nothing.
        """
        segments = path[1:].removesuffix("/").split("/")
        for mask in self._masks.get(len(segments), ()) if "" not in segments else ():
            row = self._rows.get(
                tuple([segment if spelled else "" for spelled, segment in zip(mask, segments, strict=True)])
            )
            if row is not None:
                return row[0], {name: segments[index].lower() for index, name in row[1]}
        return self._unknown, {"tenant": segments[1].lower()} if len(segments) > 1 else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        simulator = self._simulator
        began = time.perf_counter()
        call, path, operation = self._read_call(scope, await _read_body(receive), _read_headers(scope["headers"]))
        fault = simulator.weather.take(operation.name) if operation else None

        if fault is None:
            answer: Answer | None = self._answer(call, path, operation, scope["method"])
        else:
            answer = await self._answer_with_fault(call, path, operation, scope["method"], fault)
        if answer is not None:
            await simulator.world.settled()

        self._log(Passage(scope, path.label, operation, call.body, answer, began, fault))
        if answer is None:
            await travel.cut(scope, receive, reset=fault is not None and fault.do.startswith("reset"))
            return
        head = self._head(answer, fault)
        if fault is not None:
            await travel.deliver(scope, receive, send, status=answer.status, head=head, body=answer.body, fault=fault)
            return
        head.append((b"content-length", str(len(answer.body)).encode()))
        connection = scope["cartoncloud.connection"]
        connection.hold()
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})
        connection.release()

    def answer_at_once(self, scope: Scope, body: bytes) -> tuple[int, travel.Head, bytes] | None:
        """Status, head and body of the answer; nothing where weather, disk or a proxy has a say in it."""
        simulator = self._simulator
        headers = _read_headers(scope["headers"])
        if not simulator.weather.is_clear or simulator.world.waits_for_disk or _FORWARDED in headers:
            return None
        began = time.perf_counter()
        call, path, operation = self._read_call(scope, body, headers)
        answer = self._answer(call, path, operation, scope["method"])
        self._log(Passage(scope, path.label, operation, body, answer, began, None))
        return answer.status, self._head(answer, None), answer.body

    def _read_call(self, scope: Scope, body: bytes, headers: Mapping[str, str]) -> tuple[Call, Path, Operation | None]:
        """The call as its operation sees it, by nobody yet."""
        path, names = self.find(scope["path"])
        url = f"{scope['scheme']}://{headers.get('host', '')}{scope['path']}"
        query = _read_query(scope["query_string"])
        call = Call(self._simulator.world, NOBODY, names, query, headers, body, url)
        return call, path, path.operations.get(scope["method"])

    def _log(self, passage: Passage) -> None:
        label = f"{passage.scope['method']} {passage.label}"
        self._simulator.traffic.count(label, passage.answer.status if passage.answer else LOST)
        self._simulator.wire.add(passage)

    def _head(self, answer: Answer, fault: Fault | None) -> travel.Head:
        now = self._simulator.world.clock.now()
        head = [(b"date", _date(now + int(fault.skew_seconds) if fault and fault.do == "wrong_date" else now))]
        is_named = False
        for name, value in answer.headers.items():
            header = _encode_header(name, value)
            is_named = is_named or header[0] == b"content-type"
            head.append(header)
        if answer.body and not is_named:
            head.append(_JSON)
        return head

    async def _answer_with_fault(
        self, call: Call, path: Path, operation: Operation | None, method: str, fault: Fault
    ) -> Answer | None:
        """The answer under a fault; none where the connection is to be cut."""
        # A fault is used up even where nothing is applied.
        self._simulator.world.commit()
        if fault.do == "apply_late":
            world = self._simulator.world
            due = world.clock.seconds() + fault.delay_seconds
            world.timetable.at(due, lambda: self._apply_late(call, path, operation, method))
            return None
        if fault.do in ("status", "redirect"):
            if fault.delay_seconds:
                await asyncio.sleep(fault.delay_seconds)
            if fault.applied:
                self._answer(call, path, operation, method)
            return spoiling.instead(fault)
        if fault.do == "reset_before":
            return None
        if fault.do == "delay":
            await asyncio.sleep(fault.delay_seconds)
        call.page_shift = fault.shift if fault.do == "shift_pages" else 0
        lag = fault.delay_seconds if fault.do == "search_lag" else 0
        answer = self._answer(call, path, operation, method, lag=lag)
        if fault.do in _CUTS:
            await self._simulator.world.settled()
            return None
        if fault.do == "late_answer":
            await asyncio.sleep(fault.delay_seconds)
        return spoiling.spoil(answer, fault)

    def _apply_late(self, call: Call, path: Path, operation: Operation | None, method: str) -> None:
        self._answer(call, path, operation, method)

    def _answer(self, call: Call, path: Path, operation: Operation | None, method: str, *, lag: float = 0) -> Answer:
        world = self._simulator.world
        try:
            return self._apply(call, path, operation, method)
        except Refusal as refusal:
            return Answer(refusal.status, wire.encode(refusal.body), refusal.headers)
        except Exception:
            _log.exception("%s %s failed", method, path.label)
            return Answer(500, b'[{"message": "Internal server error"}]')
        finally:
            if lag:
                world.hide_new(lag)
            world.commit()

    def _apply(self, call: Call, path: Path, operation: Operation | None, method: str) -> Answer:
        simulator = self._simulator
        world = simulator.world
        if world.clock.step():
            world.note(world.clock.dial)
        simulator.catch_up()
        if operation is not None and operation.is_open:
            return operation.handle(call)
        if path.is_open:
            raise _not_supported(path, method)
        call.client = simulator.tokens.read(call.headers.get("authorization", ""))
        call.version = self._read_version(call.headers)
        tenant_id = call.path.get("tenant")
        if tenant_id is not None and tenant_id != world.tenant.id and tenant_id != world.tenant.id.lower():
            raise plain(world.settings.foreign_tenant_status, "Tenant not found")
        if operation is None:
            if not path.operations:
                raise plain(404, "Not found")
            raise _not_supported(path, method)
        call.require_role(*operation.roles)
        if operation.is_limited:
            simulator.creation_limit.check(world, call.client.id)
        return operation.handle(call)

    def _read_version(self, headers: Mapping[str, str]) -> int:
        sent = headers.get("accept-version")
        if not sent:
            raise plain(400, "Missing request header 'Accept-Version'")
        if sent not in _VERSIONS:
            raise plain(self._simulator.world.settings.bad_version_status, f"Unknown API version '{sent[:20]}'")
        return _VERSIONS[sent]


def _not_supported(path: Path, method: str) -> Refusal:
    return plain(405, f"Request method '{method}' not supported", Allow=", ".join(path.operations))


@lru_cache(maxsize=1024)
def _encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


@lru_cache(maxsize=1024)
def _read_query(sent: bytes) -> QueryParams:
    return QueryParams(sent)


def _read_headers(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The first of each name; only preferences may stand in several."""
    headers: dict[str, str] = {}
    for name, value in sent:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key not in headers:
            headers[key] = text
        elif key == "prefer":
            headers[key] += f",{text}"
    return headers


async def _read_body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts = [body]
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
        body = b"".join(parts)
    return body


_dates: dict[int, bytes] = {}


def _date(moment: int) -> bytes:
    """A Date header by the simulated clock, written once a second."""
    found = _dates.get(moment)
    if found is None:
        _dates.clear()
        found = _dates[moment] = formatdate(moment, usegmt=True).encode()
    return found
