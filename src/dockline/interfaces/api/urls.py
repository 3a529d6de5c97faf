"""The addresses of the REST API. Its description is at `openapi.json`; no page of it is served."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from dockline.interfaces.api import (
    channels,
    connectors,
    lots,
    mappings,
    orders,
    places,
    products,
    purchases,
    runs,
    stock,
    tables,
)
from dockline.interfaces.api.access import ApiKey
from dockline.interfaces.api.errors import refuse, refuse_method, set_handlers
from dockline.interfaces.api.shapes import Asked, ExactParser
from dockline.kit.errors import Invalid

DESCRIPTION = (
    "Sales orders to the warehouses that ship them, purchase orders to those that receive them, and the channels "
    "behind. Every error is one shape, every list is paged, quantities are exact numbers written as text, times carry "
    "their zone."
)


def _door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let programs in by their key alone, without session or form token, and refuse a method in our shape."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return _nothing_here(request)
        return refuse_method(response.headers["Allow"]) if response.status_code == 405 else response

    return csrf_exempt(login_not_required(answer))


def _refuse_unasked(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Have parameters refused, before anything is done, where an operation takes none; elsewhere `Asked` does it."""

    @wraps(operation)
    def answer(request: HttpRequest, **values: Any) -> Any:
        if request.GET and not any(isinstance(one, Asked) for one in values.values()):
            raise Invalid("There is no such parameter.", field=next(iter(request.GET)))
        return operation(request, **values)

    return answer


def _nothing_here(request: HttpRequest, **_: Any) -> HttpResponse:
    return refuse(404, "not_found", "There is no such address.")


def _make() -> NinjaAPI:
    api = NinjaAPI(
        title="Dockline",
        version="1",
        description=DESCRIPTION,
        auth=ApiKey(),
        docs_url=None,
        parser=ExactParser(),
        urls_namespace="api",
    )
    set_handlers(api)
    api.add_decorator(_refuse_unasked)
    for one in (places, connectors, channels, runs, mappings, orders, purchases, products, stock, lots, tables):
        api.add_router("", one.router)
    return api


def _patterns() -> list[URLPattern]:
    found, _, _ = api.urls
    patterns = [one for one in found if isinstance(one, URLPattern)]
    for one in patterns:
        one.callback = _door(one.callback)
    return [*patterns, re_path("", _door(_nothing_here))]


api = _make()
app_name = "api"
urlpatterns = _patterns()
