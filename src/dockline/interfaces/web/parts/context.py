"""What every page is given: the accounts to choose from and the counts in the menu."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Fill the frame around a page."""
    return {}
