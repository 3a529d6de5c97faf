"""One control path: plain JSON in, plain JSON out, bad input answered with the field."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cartoncloud_simulator.control.guard import check_caller
from cartoncloud_simulator.rules.refusals import Refusal, error_at, invalid, plain
from cartoncloud_simulator.simulator import Simulator
from cartoncloud_simulator.world.world import World

_T = TypeVar("_T")
_WHERE = re.compile(r"^(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `(?P<field>[^`]*)`")
_REQUIRED = re.compile(r"required field `(?P<field>[^`]*)`")


@dataclass(slots=True)
class Command:
    """One control request."""

    simulator: Simulator
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    @property
    def world(self) -> World:
        return self.simulator.world

    def read(self, kind: type[_T], *, float_hook: Callable[[str], Any] = Decimal) -> _T:
        """The body as this type, fractions as decimals unless said otherwise; what does not fit is named."""
        try:
            return msgspec.json.Decoder(kind, float_hook=float_hook).decode(self.body or b"{}")
        except msgspec.ValidationError as error:
            raise describe_error(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise plain(400, "The request body is not readable JSON") from None

    def number(self, name: str, default: int) -> int:
        """A whole number from the query."""
        value = self.query.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 12:
            raise invalid(f"?{name}", "Expected a whole number")
        return int(value)


Handle = Callable[[Command], Any]


class Control:
    """Runs the handler of a method, in one step unless it must wait, and writes what it changed."""

    def __init__(self, simulator: Simulator, handlers: Mapping[str, Handle]) -> None:
        self._simulator = simulator
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        command = Command(self._simulator, request.path_params, request.query_params, await request.body())
        status, headers = 200, {"content-type": "application/json"}
        try:
            check_caller(request.method, request.headers, has_body=bool(command.body))
            handler = self._handlers.get(request.method)
            if handler is None:
                raise plain(405, f"Request method '{request.method}' not supported", Allow=", ".join(self._handlers))
            result = handler(command)
            if inspect.isawaitable(result):
                result = await result
        except Refusal as refusal:
            status, result = refusal.status, refusal.body
            headers.update(refusal.headers)
        finally:
            self._simulator.world.commit()
        if request.method != "GET":
            await self._simulator.world.settled()
        if isinstance(result, Response):
            await result(scope, receive, send)
            return
        if isinstance(result, bytes):
            headers["content-type"] = "application/x-ndjson"
        body = result if isinstance(result, bytes) else msgspec.json.encode(result)
        await Response(body, status, headers)(scope, receive, send)


def describe_error(error: msgspec.ValidationError) -> Refusal:
    """A 422 naming the field by its pointer."""
    match = _WHERE.match(str(error))
    assert match
    path = re.sub(r"\[(\d*|\.\.\.)\]", r".\1", match["path"] or "").replace(".", "/")
    message = match["message"]
    if named := _UNKNOWN.search(message) or _REQUIRED.search(message):
        path = f"{path}/{named['field']}"
    return Refusal(422, error_at(path, message))
