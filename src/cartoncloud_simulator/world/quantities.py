"""Exact numbers: decimals inside, JSON numbers on the wire, never binary fractions."""

from decimal import Decimal
from typing import Any

import msgspec

ZERO = Decimal(0)
ONE = Decimal(1)
_MOST_INTEGER_DIGITS = 12
_MOST_FRACTION_DIGITS = 6
_LARGEST_INTEGER = 10**_MOST_INTEGER_DIGITS
# Reads JSON with fractions as decimals.
read_exactly = msgspec.json.Decoder(float_hook=Decimal).decode


def read_number(value: Any) -> Decimal | None:
    """The decimal a JSON number stands for; nothing for anything else or beyond what can be kept exactly."""
    if type(value) is int and -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    if not number.is_finite():
        return None
    return number if _is_keepable(number) else None


def read_numeric_text(value: str) -> Decimal | None:
    """The decimal written in a text such as "5" or "0.25"."""
    try:
        return read_number(Decimal(value.strip()))
    except ArithmeticError:
        return None


def wire_number(number: Decimal) -> int | Decimal:
    """The shortest JSON number: 12 for 12.000, 0.5 for 0.50."""
    whole = int(number)
    return whole if whole == number else number.normalize()


def plain_text(number: Decimal) -> str:
    """The shortest decimal text without exponent, for ledgers and control answers."""
    text = str(number)
    if text.isdigit():
        return text
    whole = int(number)
    return str(whole) if whole == number else format(number.normalize(), "f")


def _is_keepable(number: Decimal) -> bool:
    if number and number.adjusted() >= _MOST_INTEGER_DIGITS:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MOST_FRACTION_DIGITS
