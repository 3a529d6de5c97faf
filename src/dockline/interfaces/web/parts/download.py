"""Answer with a table as a file."""

from collections.abc import Iterator

from django.http import HttpResponse


def download(pieces: Iterator[bytes], name: str) -> HttpResponse:
    """Answer with a CSV file."""
    response = HttpResponse(b"".join(pieces), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
