"""How a view answers: the page, or for htmx the fragment of the same page; and how it acts on a button."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from dockline.kit.errors import Problem


def answer(request: HttpRequest, page: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Render `orders/list` from `orders/list.html`, or from `orders/_list.html` when htmx asks."""
    folder, _, name = page.rpartition("/")
    template = f"{folder}/_{name}.html" if wants_fragment(request) else f"{folder}/{name}.html"
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def wants_fragment(request: HttpRequest) -> bool:
    """Htmx asks for a part of the page; when it restores history it wants all of it."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def act(request: HttpRequest, action: Callable[[], object], *, done: str) -> bool:
    """Do what a button says and tell the person how it went. Returns whether it was done."""
    try:
        action()
    except Problem as problem:
        messages.error(request, problem.message)
        return False
    messages.success(request, done)
    return True


def back(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """Return to the page the form names, if it is one of ours, else to the page of this name."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=False) and target.startswith("/"):
        return HttpResponseRedirect(target)
    return HttpResponseRedirect(reverse(otherwise))


def actor_of(request: HttpRequest) -> str:
    """Name the person for the record."""
    return request.user.get_username()
