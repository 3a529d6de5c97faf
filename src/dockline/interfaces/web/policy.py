"""What every answer keeps to: nothing from elsewhere, no inline script or style, words instead of a blank page."""

import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.views.defaults import server_error

from dockline.kit import database

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentPolicy:
    """Middleware that sends the policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


class ButtonsOnly:
    """Middleware with a page for whoever comes by address to what only a button may do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A program is answered in its own language.
        speaks_json = response.headers.get("Content-Type", "") == "application/json"
        if response.status_code != 405 or request.method != "GET" or speaks_json:
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


READING = ("GET", "HEAD", "OPTIONS")
DOORS = ("sign-in", "sign-out")
"""What may be done without keys: come in and go."""


class PatientDeeds:
    """Middleware that lets what is to be done wait longer for its turn than a page that is only looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in READING:
            database.wait_for_deeds()
        return self.get_response(request)


def say_what_broke(request: HttpRequest) -> HttpResponse:
    """Answer instead of a view that broke; that somebody else holds what it needs is no mistake of ours."""
    if not database.is_lock_timeout(sys.exc_info()[1]):
        return server_error(request)
    busy = HttpResponse(get_template("busy.html").render(), status=503)
    busy.headers["Retry-After"] = str(database.LOCK_SECONDS)
    return busy


class ReadOnlyWithoutKeys:
    """Middleware that lets nothing be changed while the keys are missing, neither by people nor by programs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        lacking = settings.KEY_RING.lacking
        may_go_on = not lacking or request.method in READING or request.path in {reverse(door) for door in DOORS}
        if may_go_on:
            return self.get_response(request)
        return render(request, "503.html", {"lacking": lacking}, status=503)
