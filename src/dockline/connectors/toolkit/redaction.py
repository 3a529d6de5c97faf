"""Takes secrets and personal data out of texts before anybody keeps or shows them."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

HIDDEN = "[secret]"
PERSONAL = "[personal]"
KEPT_CHARACTERS = 256 * 1024

# Whatever the vendor: the JSON names under which sign-in answers carry something usable.
_TOKEN_KEYS = frozenset({"access_token", "refresh_token", "id_token", "client_secret", "password", "api_key"})
_MASKABLE_BYTES = 10 * 1024 * 1024

# An escaped character may be part of a name, an escaped slash of a secret; a byte order mark is not kept.
_HIDING = (rb"\u", rb"\/", b"\xef\xbb\xbf")

_reader = json.JSONDecoder()
_skimmer = msgspec.json.Decoder(msgspec.Raw)
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Redactor:
    """Knows the secrets of one channel by value and its personal data by JSON name. Its repr shows neither."""

    def __init__(self, secrets: Iterable[str] = (), personal_keys: Iterable[str] = ()) -> None:
        self._needles = _needles(secrets)
        self._masks = dict.fromkeys(personal_keys, PERSONAL) | dict.fromkeys(_TOKEN_KEYS, HIDDEN)
        self._names = "|".join(re.escape(key) for key in self._masks)
        self._named = re.compile(rf'"({self._names})"\s*:\s*')
        # Calls follow each other with the same token, and finding its many spellings costs more than looking for them.
        self._wider: tuple[tuple[str, ...], Redactor] | None = None

    def __repr__(self) -> str:
        return f"Redactor({len(self._needles)} needles)"

    def also(self, *secrets: str) -> "Redactor":
        """Return a redactor that knows these secrets too, such as the token of one call."""
        known = self._wider
        if known is not None and known[0] == secrets:
            return known[1]
        wider = copy(self)
        wider._wider = None
        wider._needles = tuple(sorted({*self._needles, *_needles(secrets)}, key=len, reverse=True))
        self._wider = secrets, wider
        return wider

    def text(self, text: str) -> str:
        """Replace every secret value, however it is encoded."""
        for needle in self._needles:
            if needle in text:
                text = text.replace(needle, HIDDEN)
        return text

    def body(self, body: bytes) -> str:
        """Return a body as text fit to keep: personal values masked by name, secrets by value, and cut to size."""
        if not body:
            return ""
        text = self.text(self._mask(body))
        return text if len(text) <= KEPT_CHARACTERS else text[:KEPT_CHARACTERS] + "… [cut]"

    def _mask(self, body: bytes) -> str:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
            return body.decode("utf-8", errors="replace")
        text = self._mask_in_place(body)
        return text if text is not None else self._mask_anew(body)

    def _mask_in_place(self, body: bytes) -> str | None:
        """Mask what is plainly written where it stands, for a third of the price; None when names or secrets may hide.

        A name that is followed by a colon begins behind a quotation mark: in a text both its marks would be escaped.
        """
        if len(body) > _MASKABLE_BYTES or any(sign in body for sign in _HIDING):
            return None
        masked: list[str] = []
        end = 0
        try:
            _skimmer.decode(body)
            text = body.decode()
            for hit in self._named.finditer(text):
                if hit.start() >= end:
                    value, behind = _reader.raw_decode(text, hit.end())
                    masked += text[end : hit.end()], _encoder.encode(_hidden(value, self._masks[hit[1]])).decode()
                    end = behind
        except (ValueError, RecursionError):
            return None
        return "".join((*masked, text[end:]))

    def _mask_anew(self, body: bytes) -> str:
        """Mask by reading all of it and writing it again."""
        try:
            tree = _decoder.decode(body.removeprefix(b"\xef\xbb\xbf")[:_MASKABLE_BYTES])
            _mask_tree(tree, self._masks)
            return _encoder.encode(tree).decode()
        except (ValueError, ArithmeticError, RecursionError):
            return self._mask_broken(body.decode("utf-8", errors="replace"))

    def _mask_broken(self, text: str) -> str:
        # What cannot be parsed is masked by pattern: a cut-off body must not show what a whole one hides.
        pattern = rf'"({self._names})"(\s*:\s*)("(?:[^"\\]|\\.)*"?|\{{[^}}]*\}}?|\[[^\]]*\]?|[^\s,}}\]]+)'
        return re.sub(pattern, lambda hit: f'"{hit[1]}"{hit[2]}"{self._masks[hit[1]]}"', text, flags=re.DOTALL)


def _mask_tree(node: Any, masks: Mapping[str, str]) -> None:
    # In place: the tree is ours alone, and copying it would cost more than reading it.
    if type(node) is list:
        for child in node:
            if type(child) is dict or type(child) is list:
                _mask_tree(child, masks)
        return
    for key, child in node.items():
        if key in masks:
            node[key] = _hidden(child, masks[key])
        elif type(child) is dict or type(child) is list:
            _mask_tree(child, masks)


def _hidden(node: Any, mask: str) -> Any:
    # The shape stays, so that a developer still sees which parts of an address were sent.
    if type(node) is dict:
        return {key: _hidden(value, mask) for key, value in node.items()}
    if type(node) is list:
        return [_hidden(value, mask) for value in node]
    return node if node is None or node == "" else mask


def _needles(secrets: Iterable[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for secret in secrets:
        if secret:
            found |= {secret, quote(secret, safe=""), quote_plus(secret, safe="")}
            found.add(_encoder.encode(secret).decode()[1:-1])
            found |= _base64_middles(secret.encode())
    return tuple(sorted(found, key=len, reverse=True))


def _base64_middles(secret: bytes) -> set[str]:
    # A secret inside `base64(id:secret)` shows up in one of three shapes, depending on where it starts.
    if len(secret) < 8:
        return {base64.b64encode(secret).decode()}
    middles = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret).decode()
        first, last = -(-offset * 8 // 6), (offset + len(secret)) * 8 // 6
        middles |= {encoded[first:last], encoded[first:last].replace("+", "-").replace("/", "_")}
    return middles
