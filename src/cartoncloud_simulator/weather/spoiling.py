"""Answers spoilt on purpose: other bytes than the operation gave, still sent as an answer."""

from typing import Any

import msgspec

from cartoncloud_simulator.api.call import Answer
from cartoncloud_simulator.weather.faults import Fault

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><hr>gateway</body></html>"
_NEW_STATUS = "REVIEWED_BY_ROBOT"


def instead(fault: Fault) -> Answer:
    """The answer a `status` or `redirect` gives in place of the operation's."""
    headers = dict(fault.headers)
    if fault.do == "redirect":
        status = fault.status if 300 <= fault.status < 400 else 302
        return Answer(status, b"", {"Location": fault.location, **headers})
    if fault.body is not None:
        return Answer(fault.status, fault.body.encode(), headers)
    if fault.form == "empty":
        return Answer(fault.status, b"", headers)
    if fault.form == "html":
        return Answer(fault.status, _PAGE.format(fault.status).encode(), {"content-type": "text/html", **headers})
    return Answer(fault.status, msgspec.json.encode([{"message": f"Fault {fault.status}"}]), headers)


def spoil(answer: Answer, fault: Fault) -> Answer:
    """The operation's answer, changed as the fault says."""
    match fault.do:
        case "garble":
            middle = len(answer.body) // 2
            return _with_body(answer, answer.body[:middle] + b"\xff\xfe\xfa" + answer.body[middle:])
        case "unknown_fields":
            return _reshape(answer, _add_fields)
        case "unknown_status":
            return _reshape(answer, _change_status)
        case _:
            return answer


def _with_body(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, body, answer.headers)


def _reshape(answer: Answer, change: Any) -> Answer:
    """Change every document of a successful JSON answer."""
    if not 200 <= answer.status < 300 or answer.body[:1] not in (b"{", b"["):
        return answer
    document = msgspec.json.decode(answer.body, type=Any, strict=True) if answer.body else None
    for part in document if isinstance(document, list) else [document]:
        if isinstance(part, dict):
            change(part)
    return _with_body(answer, msgspec.json.encode(document))


def _add_fields(document: dict[str, Any]) -> None:
    for inner in list(document.values()):
        if isinstance(inner, dict):
            inner["addedLater"] = {"kind": "unknown", "values": [1, 2.5, None]}
        for part in inner if isinstance(inner, list) else ():
            if isinstance(part, dict):
                part["addedLater"] = True
    document["addedLater"] = "unknown"


def _change_status(document: dict[str, Any]) -> None:
    if "status" in document:
        document["status"] = _NEW_STATUS
