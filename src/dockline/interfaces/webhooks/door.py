"""The addresses that may be called from outside, ahead of the pages: read, kept, answered, acted upon later.

Django is not asked: what it does for each request of a person costs more than keeping a call does.
"""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qsl

from dockline.flows.webhooks import Call, Presented
from dockline.gateway.collect import MAX_BYTES
from dockline.interfaces.webhooks.bodies import Message, Receive, Scope, read_body
from dockline.interfaces.webhooks.letterbox import Letterbox
from dockline.kit.errors import Invalid

Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[HTTPStatus, str, str]
"""The status, the same as a word, and a sentence for the caller's people."""

PREFIX = "/hooks/"
NOT_FOUND: Answer = (HTTPStatus.NOT_FOUND, "not_found", "There is nothing here.")
TOO_LARGE: Answer = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A body may have {MAX_BYTES} bytes.")
TOO_SLOW: Answer = (HTTPStatus.REQUEST_TIMEOUT, "too_slow", "")
NOT_NOW: Answer = (HTTPStatus.SERVICE_UNAVAILABLE, "not_now", "Please send it again.")
ACCEPTED: Answer = (HTTPStatus.ACCEPTED, "accepted", "")


def with_webhooks(application: Application) -> Application:
    """Answer calls to `/hooks/`, and hand everything else on untouched."""
    letterbox = Letterbox()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        answer = await _answer(scope, receive, letterbox)
        await _send(send, answer, is_last=answer in (TOO_LARGE, TOO_SLOW))

    return serve


async def _answer(scope: Scope, receive: Receive, letterbox: Letterbox) -> Answer:
    """Take a call: 202 once it is kept. Which of address, kind and key was wrong is not told: 404."""
    try:
        body = await read_body(scope, receive)
    except TimeoutError:
        return TOO_SLOW
    if body is None:
        return TOO_LARGE
    token, _, kind = scope["path"].removeprefix(PREFIX).partition("/")
    if scope["method"] != "POST" or not token or not kind or "/" in kind:
        return NOT_FOUND
    taken = await letterbox.put(Call(token=token, kind=kind, presented=_presented(scope), body=body))
    if taken is None:
        return NOT_NOW
    if isinstance(taken.problem, Invalid):
        return HTTPStatus.BAD_REQUEST, "unreadable", taken.problem.message
    return ACCEPTED if taken.problem is None else NOT_FOUND


def _presented(scope: Scope) -> Presented:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Presented(headers=headers, query=dict(query))


async def _send(send: Send, answer: Answer, *, is_last: bool) -> None:
    status, word, message = answer
    body = json.dumps({"status": word, **({"message": message} if message else {})}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if is_last:
        # The rest of the body is not read, so nothing can follow it.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
