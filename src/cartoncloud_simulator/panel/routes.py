"""The page of the panel and its files, under a policy that lets nothing else in."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cartoncloud_simulator.control.guard import check_caller
from cartoncloud_simulator.rules.refusals import Refusal

_STATIC = Path(__file__).parent / "static"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def build_routes() -> list[Route]:
    return [Route("/_sim", _show_panel), Route("/_sim/panel/{name}", _show_file)]


async def _show_panel(request: Request) -> Response:
    """The page for browsers, the ways on for programs."""
    if "text/html" in request.headers.get("accept", ""):
        return _read(request, "index.html")
    return JSONResponse({"state": "/_sim/state", "openapi": "/_sim/openapi.json"}, headers={"Vary": "Accept"})


async def _show_file(request: Request) -> Response:
    return _read(request, request.path_params["name"])


def _read(request: Request, name: str) -> Response:
    try:
        check_caller(request.method, request.headers, has_body=False)
    except Refusal as refusal:
        return JSONResponse(refusal.body, refusal.status)
    path = _STATIC / name
    if path.parent != _STATIC or path.suffix not in _KINDS or not path.is_file():
        return JSONResponse([{"message": "Not found"}], 404)
    return Response(path.read_bytes(), 200, {**_POLICY, "Content-Type": _KINDS[path.suffix], "Vary": "Accept"})
