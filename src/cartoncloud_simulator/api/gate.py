"""The way in: every public request passes here for faults, token, version, tenant, role and limit.

Wakes nothing; the operation behind it runs in one step, so a request is applied wholly or not at all.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cartoncloud_simulator.api import wire
from cartoncloud_simulator.api.call import NOBODY, Answer, Call, Operation
from cartoncloud_simulator.api.faults import Fault
from cartoncloud_simulator.rules.refusals import Refusal, plain
from cartoncloud_simulator.simulator import Simulator

_log = logging.getLogger("cartoncloud_simulator")
_LOST = "lost"
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_VERSIONS = {str(number): number for number in range(1, 9)}


class Path:
    """One public path: its operations by method, anything else is 405."""

    def __init__(self, simulator: Simulator, label: str, operations: Mapping[str, Operation]) -> None:
        self._simulator = simulator
        self._label = label
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        label = f"{request.method} {self._label}"
        operation = self._operations.get(request.method)
        fault = self._simulator.faults.take(operation.name) if operation else None

        if fault is None:
            answer: Answer | None = self._answer(request, body, operation)
        else:
            answer = await self._answer_with_fault(request, body, operation, fault)

        self._simulator.traffic.count(label, answer.status if answer else _LOST)
        if answer is None:
            answer = Answer(503)
        response = Response(answer.body or None, answer.status, answer.headers)
        if answer.body and "content-type" not in response.headers:
            response.headers["content-type"] = "application/json"
        await response(scope, receive, send)

    async def _answer_with_fault(
        self, request: Request, body: bytes, operation: Operation | None, fault: Fault
    ) -> Answer | None:
        """The answer under a fault; none where the connection is gone."""
        if fault.do == "apply_late":
            _cut_connection(request.scope, reset=False)
            loop = asyncio.get_running_loop()
            loop.call_later(fault.delay_seconds, self._answer, request, body, operation)
            return None
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        if fault.do == "status":
            text = fault.body if fault.body is not None else f'[{{"message": "Fault {fault.status}"}}]'
            return Answer(fault.status, text.encode(), dict(fault.headers))
        if fault.do == "delay":
            return self._answer(request, body, operation)
        if fault.do != "reset_before":
            self._answer(request, body, operation)
        _cut_connection(request.scope, reset=fault.do != "lose_answer")
        return None

    def _answer(self, request: Request, body: bytes, operation: Operation | None) -> Answer:
        try:
            return self._apply(request, body, operation)
        except Refusal as refusal:
            return Answer(refusal.status, wire.encode(refusal.body), refusal.headers)
        except Exception:
            _log.exception("%s %s failed", request.method, self._label)
            return Answer(500, b'[{"message": "Internal server error"}]')
        finally:
            self._simulator.world.commit()

    def _apply(self, request: Request, body: bytes, operation: Operation | None) -> Answer:
        simulator = self._simulator
        world = simulator.world
        if world.clock.step():
            world.note(world.clock.dial)
        simulator.catch_up()
        url = f"{request.url.scheme}://{request.headers.get('host', '')}{request.url.path}"
        call = Call(world, NOBODY, request.path_params, request.query_params, request.headers, body, url)
        if operation is not None and operation.is_open:
            return operation.handle(call)
        call.client = simulator.tokens.read(request.headers.get("authorization", ""))
        call.version = self._read_version(request.headers)
        tenant_id = request.path_params.get("tenant")
        if tenant_id is not None and tenant_id != world.tenant.id:
            raise plain(world.settings.foreign_tenant_status, "Tenant not found")
        if operation is None:
            if not self._operations:
                raise plain(404, "Not found")
            allowed = ", ".join(self._operations)
            raise plain(405, f"Request method '{request.method}' not supported", Allow=allowed)
        call.require_role(*operation.roles)
        if operation.is_limited:
            simulator.creation_limit.check(world, call.client.id)
        return operation.handle(call)

    def _read_version(self, headers: Mapping[str, str]) -> int:
        sent = headers.get("accept-version")
        if sent is None:
            raise plain(400, "Missing request header 'Accept-Version'")
        if sent not in _VERSIONS:
            raise plain(self._simulator.world.settings.bad_version_status, f"Unknown API version '{sent[:20]}'")
        return _VERSIONS[sent]


def _cut_connection(scope: Scope, *, reset: bool) -> None:
    transport: Any = scope.get("cartoncloud.transport")
    if transport is None:
        return
    if reset and (connection := transport.get_extra_info("socket")) is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    transport.abort()
