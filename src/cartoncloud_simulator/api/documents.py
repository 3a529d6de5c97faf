"""Documents of orders and consignments: JSON with base64 in, JSON or the file itself out."""

import base64
import mimetypes
from typing import Any
from urllib.parse import quote

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.bodies import read_text
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.rules.refusals import Refusal, error_at, invalid, plain
from cartoncloud_simulator.world.entities import Consignment, Order
from cartoncloud_simulator.world.filing import Document
from cartoncloud_simulator.world.world import new_id

Owner = Order | Consignment
_ORDER, _CONSIGNMENT = "OUTBOUND", "CONSIGNMENT"
_OWNERS = {_ORDER: "Sale Order", _CONSIGNMENT: "Consignment"}


def attach_to_order(call: Call) -> Answer:
    return _attach(call, _ORDER)


def attach_to_consignment(call: Call) -> Answer:
    return _attach(call, _CONSIGNMENT)


def attach(call: Call) -> Answer:
    """The generic path: the owner is named in the body, and the answer leaves the content out."""
    sent = _read_json(call)
    owner = sent.get("owner")
    kind = owner.get("type") if isinstance(owner, dict) else None
    if kind not in _OWNERS:
        raise invalid("/owner/type", f"Must be one of: {', '.join(_OWNERS)}")
    found = _books(call)[kind].get(str(owner.get("id")).lower()) if isinstance(owner, dict) else None
    if found is None or not call.sees(found):
        raise invalid("/owner/id", f"{_OWNERS[kind]} not found.")
    document = _store(call, kind, found, sent)
    return Answer(201, wire.encode(_shown(document, with_owner=True)))


def list_of_order(call: Call) -> Answer:
    return _list(call, _ORDER)


def list_of_consignment(call: Call) -> Answer:
    return _list(call, _CONSIGNMENT)


def get_of_order(call: Call) -> Answer:
    return Answer(200, wire.encode(_shown(_find(call, _ORDER), with_owner=True, with_data=True)))


def get_of_consignment(call: Call) -> Answer:
    return Answer(200, wire.encode(_shown(_find(call, _CONSIGNMENT), with_owner=True, with_data=True)))


def download_of_order(call: Call) -> Answer:
    document = _find(call, _ORDER)
    kind = mimetypes.guess_type(document.name)[0] or "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(document.name, safe='')}"
    return Answer(200, base64.b64decode(document.data), {"Content-Type": kind, "Content-Disposition": disposition})


def _attach(call: Call, kind: str) -> Answer:
    owner = _find_owner(call, kind)
    document = _store(call, kind, owner, _read_json(call))
    return Answer(201, wire.encode(_shown(document, with_owner=True, with_data=True)))


def _list(call: Call, kind: str) -> Answer:
    page, headers = paging.cut_page(call, call.world.filing.list_of(_find_owner(call, kind).id))
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": document.id} for document in page]), headers)
    return Answer(200, wire.encode([_shown(document) for document in page]), headers)


def _read_json(call: Call) -> dict[str, Any]:
    if call.headers.get("content-type", "").lower().startswith("multipart/"):
        raise plain(call.world.settings.multipart_upload_status, "Documents are sent as JSON with base64 content")
    return call.json_object()


def _store(call: Call, kind: str, owner: Owner, sent: dict[str, Any]) -> Document:
    policy = call.world.customer_settings(owner.customer_id)
    if not call.client.internal and not policy.document_uploads_allowed:
        raise plain(403, "Access is denied")
    content = sent.get("content")
    content = content if isinstance(content, dict) else {}
    errors = [
        error_at(at, "Cannot be empty.")
        for at, value in (("/type", sent.get("type")), ("/content/name", content.get("name")))
        if not isinstance(value, str) or not value.strip()
    ]
    # Encoders made for mail break lines.
    data = "".join((read_text(content.get("data")) or "").splitlines())
    if not _is_base64(data):
        errors.append(error_at("/content/data", "Must be base64."))
    if errors:
        raise Refusal(422, *errors)
    document = Document(
        id=new_id(),
        owner_type=kind,
        owner_id=owner.id,
        kind=str(sent["type"]),
        name=str(content["name"]),
        data=data,
    )
    call.world.save(document)
    return document


def _is_base64(value: str) -> bool:
    if not value:
        return False
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True


def _books(call: Call) -> dict[str, Any]:
    return {_ORDER: call.world.orders.by_id, _CONSIGNMENT: call.world.consignments.by_id}


def _find_owner(call: Call, kind: str) -> Owner:
    if kind == _CONSIGNMENT and not call.world.settings.consignment_documents_accepted:
        raise plain(404, "Not found")
    owner: Owner | None = _books(call)[kind].get(call.path["id"])
    if owner is None:
        raise plain(404, f"{_OWNERS[kind]} not found")
    if not call.sees(owner):
        raise call.out_of_scope(_OWNERS[kind])
    return owner


def _find(call: Call, kind: str) -> Document:
    owner = _find_owner(call, kind)
    document = call.world.filing.by_id.get(call.path["document"])
    if document is None or document.owner_id != owner.id:
        raise plain(404, "Document not found")
    return document


def _shown(document: Document, *, with_owner: bool = False, with_data: bool = False) -> dict[str, Any]:
    content = {"name": document.name, **({"data": document.data} if with_data else {})}
    shown: dict[str, Any] = {"content": content, "type": document.kind, "id": document.id}
    if with_owner:
        shown["owner"] = {"type": document.owner_type, "id": document.owner_id}
    return shown
