"""Every field of every form is given what nobody means: it breaks nothing, and what is refused changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle, islice
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from dockline.domain.history.models import Event
from tests.support.page_world import World

BAD = {
    "nothing": "",
    "blanks": "   ",
    "far too much": "x" * 10_000,
    "a character nobody sees": "a\x07b",
    "no character at all": "a\x00b",
    "a turn of the reading direction": "\u202eabc",
    "a script": "<script>alert(1)</script>",
    "a formula": '=HYPERLINK("http://x")',
    "a number without end": "1e999999",
    "no number": "NaN",
    "less than nothing": "-1",
    "no date": "2026-02-30T25:00",
}
TYPED = {"text", "search", "email", "url", "number", "tel", "password", "date", "datetime-local"}
EACH = 2
"""How many of them each field is given, in turn; 12 gives each field all of them, in a minute."""
REACHES_OUT = {"channel-connect", "channel-settings"}
"""What calls a far side has tests of its own, with an address to call."""


@dataclass
class Form:
    """What a page would send, and which fields a person types into."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Finds the links and the posting forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name, kind = said.get("name", ""), said.get("type", "text")
        if tag == "a":
            self.links.append(said.get("href", ""))
        elif tag == "form":
            self._form = Form(said.get("action", "")) if said.get("method", "").lower() == "post" else None
            self.forms += [self._form] if self._form else []
        elif self._form is None:
            return
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in said):
            self._form.values[name] = said.get("value", "")
            self._form.typed += [name] if kind in TYPED and "readonly" not in said else []
        elif tag == "textarea" and name:
            self._form.values[name] = ""
            self._form.typed.append(name)
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in said or self._choice not in self._form.values):
            self._form.values[self._choice] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._choice = ""


def forms_of(client: Client) -> Iterator[tuple[str, Form]]:
    """Every form with something to type in, of one page of each kind that links lead to."""
    ahead, seen, met = [reverse("home")], set(), set()
    while ahead:
        address = ahead.pop(0)
        try:
            kind = resolve(urlsplit(address).path).view_name
        except Resolver404:
            continue
        if kind in seen:
            continue
        seen.add(kind)
        answer = client.get(address)
        if not answer.headers["Content-Type"].startswith("text/html") or answer.status_code != 200:
            continue
        reader = Reader()
        reader.feed(answer.text)
        ahead += [urljoin(address, link).partition("#")[0] for link in reader.links if link.startswith(("/", "?"))]
        for form in reader.forms:
            form.action = urljoin(address, form.action)
            target = resolve(urlsplit(form.action).path).view_name
            shape = (target, *form.typed)
            if form.typed and target not in REACHES_OUT and shape not in met:
                met.add(shape)
                yield target, form


@pytest.mark.django_db
def test_whatever_is_typed_breaks_nothing(operator: Client, world: World) -> None:
    operator.raise_request_exception = False
    forms = list(forms_of(operator))
    assert len(forms) >= 15, "the crawl finds the forms"
    given = cycle(BAD.items())
    wrong = [
        said
        for target, form in forms
        for name in form.typed
        for said in _try(operator, target, form, name, islice(given, EACH))
    ]
    assert wrong == []


def _try(client: Client, target: str, form: Form, name: str, bad: Iterable[tuple[str, str]]) -> Iterator[str]:
    for what, text in bad:
        with transaction.atomic():
            before = Event.objects.count()
            answer: Any = client.post(form.action, {**form.values, name: text})
            changed = Event.objects.count() != before
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            yield f"{target}: {what} as {name}: {answer.status_code}"
        elif answer.status_code >= 400 and changed:
            yield f"{target}: {what} as {name} is refused and changes something"
        elif b"<script>alert(1)</script>" in answer.content:
            yield f"{target}: a script as {name} is shown as one"
