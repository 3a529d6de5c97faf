"""A call from a warehouse's system: kept, answered, and acted upon later by somebody else."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from dockline.flows import webhooks
from dockline.flows.webhooks import Presented
from dockline.gateway.collect import MAX_BYTES
from dockline.kit.errors import Invalid, NotFound

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
def take_call(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """Take a call: 202 once it is kept. Which of address, kind and key was wrong is not told: 404."""
    if request.method != "POST":
        return not_found(request)
    if _length_of(request) > MAX_BYTES:
        return _say(413, "too_large", f"A body may have {MAX_BYTES} bytes.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    presented = Presented(headers=headers, query=request.GET.dict())
    try:
        webhooks.take_call(token=token, kind=kind, presented=presented, body=request.body, now=timezone.now())
    except NotFound:
        return not_found(request)
    except Invalid as problem:
        return _say(400, "unreadable", problem.message)
    except (InterfaceError, OperationalError) as error:
        log.warning("A webhook could not be kept: %s", type(error).__name__)
        return _say(503, "not_now", "Please send it again.")
    return _say(202, "accepted", "")


@csrf_exempt
@login_not_required
def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer whoever has no business here."""
    return _say(404, "not_found", "There is nothing here.")


def _length_of(request: HttpRequest) -> int:
    text = request.headers.get("Content-Length") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else MAX_BYTES + 1


def _say(status: int, word: str, sentence: str) -> HttpResponse:
    answer = JsonResponse({"status": word, **({"message": sentence} if sentence else {})}, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
