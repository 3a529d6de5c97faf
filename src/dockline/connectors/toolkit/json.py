"""The one strict reader for everything that comes from outside, and the writer for what we send."""

import json
import re
import threading
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from dockline.connectors.contract.errors import Unreadable

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 64
_MAX_DIGITS = 40
_MAX_WHOLE_DIGITS = 18
_DETAIL_CHARACTERS = 300

_MANY_DIGITS = b"0" * (_MAX_WHOLE_DIGITS + 1)
_DIGITS_MADE_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_BLANKS_MADE_ALIKE = bytes.maketrans(b"\t\r\n", b"   ")

_NO_BRACKETS = bytes(set(range(256)) - set(b'"{}[]'))

# NUL and half surrogates arrive only as escapes, and PostgreSQL can store neither.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")

T = TypeVar("T")

_lock = threading.Lock()
_known: set[object] = set()


class Measured(msgspec.Struct):
    """Base of what holds quantities. A text is read as a number too, and must be one as much as if it came as one."""

    def __post_init__(self) -> None:
        """Refuse what is no number, or absurdly long."""
        for value in msgspec.structs.astuple(self):
            # Most are short and whole. There are many of them, so that is asked here and not of a function.
            if type(value) is Decimal and not (
                ((written := str(value)).isdecimal() and len(written) <= _MAX_DIGITS) or _is_agreed(value)
            ):
                raise ValueError(f"{self._name_of(value)} is no number as agreed")

    def _name_of(self, wanted: Decimal) -> str:
        return next(name for name in self.__struct_fields__ if getattr(self, name) is wanted)


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Write JSON. Decimals become exact numbers; a struct's omitted defaults stay out."""
    return _encoder.encode(value)


def decode(body: bytes, *, as_type: type[T]) -> T:
    """Read JSON into a type, ignoring unknown fields. Raises `Unreadable` unless every part is as agreed."""
    tree = read_tree(body)
    _know(as_type)
    try:
        return msgspec.convert(tree, as_type)  # noqa: TID251 - known by now
    except msgspec.ValidationError as error:
        raise Unreadable("The answer has another shape than agreed.", detail=str(error)) from None


def peek(body: bytes, *, as_type: type[T]) -> T | None:
    """Look into JSON without the strictness of `decode`, at a tenth of its price; None when that is not possible.

    Good for comparing an answer with one that was decoded before, never for its values.
    """
    _know(as_type)
    try:
        return msgspec.json.decode(body, type=as_type)  # noqa: TID251 - known by now
    except (ValueError, RecursionError):
        return None


def _know(as_type: Any) -> None:
    # msgspec gathers what it must know of a type at its first use, and two threads at once there end the process.
    if as_type not in _known:
        with _lock:
            msgspec.json.Decoder(as_type)
            _known.add(as_type)


def read_tree(body: bytes, *, odd_text: bool = False) -> Any:
    """Read JSON into plain values with every fraction a `Decimal`. Raises `Unreadable`.

    With `odd_text` what cannot be stored as text is let through: the caller looks at each text itself.
    """
    if len(body) > MAX_BYTES:
        raise Unreadable(f"The answer is larger than {MAX_BYTES:,} bytes.")
    tree = _read_plain(body)
    if tree is None:
        return _read_closely(body, odd_text=odd_text)
    if not _is_flat(body) and _is_deeper(tree, MAX_DEPTH):
        raise Unreadable(f"The answer is nested deeper than {MAX_DEPTH} levels.")
    return tree


def _read_plain(body: bytes) -> Any:
    """Read what has nothing unusual in it, twice as fast; None leaves the judgement to the close look.

    A name that occurs twice in an object is lost when it is read, which shows when it is written again: most answers
    are then the same to the letter. In others there may be blanks: without escaped characters and blanks in texts'
    stead there is one `":` for each name, and in texts the same number before and after.
    """
    if (b"\\" in body and b"\\u" in body) or _MANY_DIGITS in body.translate(_DIGITS_MADE_ALIKE):
        return None
    try:
        tree = _plain_reader.decode(body)
        written = _encoder.encode(tree)
    except (ValueError, RecursionError):
        return None
    if written == body:
        return tree
    alike = body.translate(_BLANKS_MADE_ALIKE)
    if b'" ' in alike and b" :" in alike:
        return None
    return tree if written.count(b'":') == body.count(b'":') else None


def _read_closely(body: bytes, *, odd_text: bool) -> Any:
    try:
        # "utf-8-sig" lets a byte order mark pass and nothing else.
        text = body.decode("utf-8-sig")
        tree = _reader.decode(text)
    except UnicodeDecodeError as error:
        raise Unreadable("The answer is not UTF-8 text.", detail=f"byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable("The answer is not JSON as agreed.", detail=str(error)[:_DETAIL_CHARACTERS]) from None
    if _is_deeper(tree, MAX_DEPTH):
        raise Unreadable(f"The answer is nested deeper than {MAX_DEPTH} levels.")
    if not odd_text and _SUSPECT_ESCAPE.search(text):
        _refuse_unstorable(tree)
    return tree


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


def _fraction(digits: str) -> Decimal:
    try:
        number = Decimal(digits)
    except ArithmeticError:
        raise ValueError("an exponent is absurdly long") from None
    if len(digits) > _MAX_DIGITS or not _is_agreed(number):
        raise ValueError("a number is absurdly long")
    return number


def _is_agreed(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS and len(number.as_tuple().digits) <= _MAX_DIGITS


def _whole(digits: str) -> int | Decimal:
    # Longer ones are no version or count of anybody, and the database could not keep them: only a quantity takes them.
    return int(digits) if len(digits) <= _MAX_WHOLE_DIGITS else _fraction(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


_reader = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_fraction, parse_int=_whole, parse_constant=_refuse_constant
)


_plain_reader = msgspec.json.Decoder(float_hook=_fraction)


def _is_flat(body: bytes) -> bool:
    """Whether JSON is clearly within the limit, told from its brackets alone: a third of the price of a walk.

    Texts without brackets become pairs of quotation marks and vanish. One with a bracket leaves a mark behind, and then
    this says no. What is left are pairs of brackets, of which each turn takes away the innermost.
    """
    if b"\\" in body:
        return False
    brackets = body.translate(None, delete=_NO_BRACKETS).replace(b'""', b"")
    for _ in range(MAX_DEPTH // 2):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return True
    return False


def _is_deeper(tree: Any, levels: int) -> bool:
    nodes: Sequence[Any] = [[tree]]
    for _ in range(levels + 1):
        nodes = [
            child
            for node in nodes
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not nodes:
            return False
    return True


def _refuse_unstorable(node: Any) -> None:
    match node:
        case str():
            if "\0" in node or any("\ud800" <= character <= "\udfff" for character in node):
                raise Unreadable("The answer holds characters that are not text.")
        case list():
            for child in node:
                _refuse_unstorable(child)
        case dict():
            for name, child in node.items():
                _refuse_unstorable(name)
                _refuse_unstorable(child)
