"""Who is not known signs in first, and then finds the page again, never the address of a button or of a fragment."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


class SignInFirst(LoginRequiredMiddleware):
    """Middleware that sends strangers to the sign-in page, htmx included, which would put it into a page's middle."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Answer a stranger; let the others pass."""
        if super().process_view(request, view_func, view_args, view_kwargs) is None:
            return None
        answer = redirect_to_login(_page_behind(request), reverse("sign-in"))
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
        return answer


def _page_behind(request: HttpRequest) -> str:
    by_htmx = request.headers.get("HX-Request") == "true"
    if request.method in ("GET", "HEAD") and not by_htmx:
        return request.get_full_path()
    page = request.headers.get("HX-Current-URL" if by_htmx else "Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return reverse("home")
    parts = urlsplit(page)
    return parts._replace(scheme="", netloc="", fragment="").geturl() or reverse("home")
