"""Choose one account or all; every list follows."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from dockline.domain.accounts.rules import AccountId
from dockline.interfaces.web.parts.answer import back
from dockline.interfaces.web.parts.scope import choose_account


@require_POST
def choose_scope(request: HttpRequest) -> HttpResponse:
    """Keep the choice and return to the page it was made on."""
    chosen = request.POST.get("account", "")
    choose_account(request, AccountId(int(chosen)) if chosen.isascii() and chosen.isdigit() else None)
    return back(request, "home")
