"""The OpenAPI document: one entry per route and operation, with every status it can give."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from cartoncloud_simulator.api.call import Operation
from cartoncloud_simulator.openapi.contracts import CONTRACTS, Contract
from cartoncloud_simulator.openapi.shapes import AuthError, Error, Shown
from cartoncloud_simulator.world.world import World

_REASONS = {
    200: "Done",
    201: "Created",
    204: "Deleted",
    228: "Created with issues: the order is REJECTED",
    302: "Back to the caller with a code",
    400: "Malformed request, or no Accept-Version",
    401: "Bad token or credentials",
    403: "The role or scope does not allow it",
    404: "Nothing there that this client may see",
    405: "No longer served at this version",
    406: "Bad Accept-Version",
    409: "In conflict with what is there",
    410: "It was deleted",
    412: "A precondition was not met",
    415: "A kind of body that is not read",
    422: "Well-formed, but not valid",
    429: "More than the rate limit allows",
    500: "A form where JSON is wanted",
}
_WHOLE = {"type": "integer", "minimum": 1}
_PAGE_HEADERS = ("Total-Pages", "Page-Size", "Page-Number", "Total-Elements")
Paths = Mapping[str, Mapping[str, Operation]]


def build(paths: Paths, world: World) -> dict[str, Any]:
    """The document for these routes, with this tenant's ids in its examples."""
    described = {
        path: {
            method.lower(): _describe(path, operation, CONTRACTS[operation.name], world)
            for method, operation in operations.items()
            if operation.name in CONTRACTS
        }
        for path, operations in paths.items()
    }
    described["/uaa/oauth/token"] = {"post": _token()}
    described["/uaa/oauth/authorize"] = {"get": _authorize()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CartonCloud, as simulated",
            "version": "1",
            "description": "What cartoncloud-simulator answers. Not CartonCloud's own description of their API.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {path: operations for path, operations in described.items() if operations},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "client": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _describe(path: str, operation: Operation, contract: Contract, world: World) -> dict[str, Any]:
    refused = {400, 401, 403, 404, 406, *contract.also}
    if contract.takes is not None:
        refused |= {422}
    if operation.is_limited:
        refused |= {429}
    answers = {status: _answer(contract, status, shape) for status, shape in contract.gives.items()}
    answers |= {status: _refusal(status) for status in refused - answers.keys()}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": contract.about,
        "parameters": _parameters(path, contract, world),
        "responses": {str(status): answers[status] for status in sorted(answers)},
    }
    if operation.roles:
        described["description"] = f"Needs one of the roles: {', '.join(operation.roles)}."
    if contract.takes is not None:
        kind = "application/json-patch+json" if operation.name == "patch_product" else "application/json"
        content: dict[str, Any] = {"schema": _schema(contract.takes)}
        if contract.example:
            content["example"] = contract.example(world)
        described["requestBody"] = {"required": True, "content": {kind: content}}
    return described


def _parameters(path: str, contract: Contract, world: World) -> list[dict[str, Any]]:
    found = []
    for name in re.findall(r"{(\w+)}", path):
        parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        found.append({**parameter, "example": world.tenant.id} if name == "tenant" else parameter)
    versions = {"type": "string", "enum": [str(number) for number in range(1, 9)]}
    found.append({"name": "Accept-Version", "in": "header", "required": True, "schema": versions, "example": "1"})
    if contract.prefers:
        wishes = {"type": "string", "enum": list(contract.prefers)}
        found.append({"name": "Prefer", "in": "header", "schema": wishes})
    if contract.is_page:
        found += [{"name": name, "in": "query", "schema": _WHOLE} for name in ("page", "size")]
    for name, about in contract.headers.items():
        found.append({"name": name, "in": "header", "description": about, "schema": {"type": "string"}})
    return found


def _answer(contract: Contract, status: int, shape: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _REASONS[status]}
    if shape is bytes:
        answer["content"] = {"*/*": {}}
    elif shape is not None:
        answer["content"] = {"application/json": {"schema": _schema(shape)}}
    if contract.is_page:
        answer["headers"] = {name: {"schema": {"type": "integer"}} for name in _PAGE_HEADERS}
        answer["headers"]["Link"] = {"schema": {"type": "string"}}
    return answer


def _refusal(status: int) -> dict[str, Any]:
    shape = (list[Error], AuthError) if status in (400, 401) else list[Error]
    answer = _answer(Contract("", {}), status, shape)
    if status == 429:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer


def _token() -> dict[str, Any]:
    fields = {"grant_type": {"type": "string", "enum": ["client_credentials", "authorization_code"]}}
    given = {"access_token": {"type": "string"}, "token_type": {"const": "bearer"}, "expires_in": {"type": "integer"}}
    shape = {"type": "object", "properties": given, "required": list(given)}
    form = {"schema": {"type": "object", "properties": fields, "required": list(fields)}}
    return {
        "operationId": "token",
        "summary": "Credentials for a token",
        "security": [{"client": []}],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": form}},
        "responses": {
            "200": {"description": _REASONS[200], "content": {"application/json": {"schema": shape}}},
            "400": _refusal(400),
            "401": _refusal(401),
        },
    }


def _authorize() -> dict[str, Any]:
    needed = {"response_type": True, "client_id": True, "redirect_uri": True, "state": False}
    asked = [
        {"name": name, "in": "query", "required": required, "schema": {"type": "string"}}
        for name, required in needed.items()
    ]
    return {
        "operationId": "authorize",
        "summary": "Send the browser back with a code, granted at once",
        "security": [],
        "parameters": asked,
        "responses": {"302": {"description": _REASONS[302]}, "400": _refusal(400), "401": _refusal(401)},
    }


_REFERENCE = "#/components/schemas/{name}"


def _schema(shape: Any) -> dict[str, Any]:
    """Several shapes are alternatives."""
    if isinstance(shape, tuple):
        return {"anyOf": [_schema(each) for each in shape]}
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_REFERENCE)
    return schema


def _schemas() -> dict[str, Any]:
    shapes = [Error, AuthError]
    for contract in CONTRACTS.values():
        for shape in (contract.takes, *contract.gives.values()):
            shapes += shape if isinstance(shape, tuple) else [] if shape in (None, bytes) else [shape]
    _, components = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
    shown = {shape.__name__ for shape in _subclasses(Shown)}
    return {name: _without_null(schema) if name in shown else schema for name, schema in components.items()}


def _subclasses(shape: type) -> set[type]:
    return {shape}.union(*map(_subclasses, shape.__subclasses__()))


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Answers leave out what has no value, so nothing in them is null."""
    properties = {}
    for name, described in schema.get("properties", {}).items():
        kept = {key: value for key, value in described.items() if key != "default" or value is not None}
        if "anyOf" in kept:
            choices = [choice for choice in kept["anyOf"] if choice != {"type": "null"}]
            kept = choices[0] if len(choices) == 1 else {**kept, "anyOf": choices}
        properties[name] = kept
    return {**schema, "properties": properties}
