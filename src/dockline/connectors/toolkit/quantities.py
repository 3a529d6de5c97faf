"""Quantities as they may cross the border: exact, or refused by name; never rounded."""

from decimal import Context, Decimal

LARGEST, DECIMALS = 10**14, 6
"""What a quantity may be at most, and how finely: what does not fit can be kept in words only."""

_EXACT = Context(prec=200)
"""Wide enough for the product of any two numbers the strict reader lets through."""

_WHOLE = Decimal(1)


def times(quantity: Decimal, factor: Decimal) -> Decimal:
    """Multiply without rounding, however many digits there are."""
    return _EXACT.multiply(quantity, factor)


def fits(quantity: Decimal) -> bool:
    """Say whether a quantity can be kept as it is."""
    if not quantity.is_finite() or not -LARGEST < quantity < LARGEST:
        return False
    if quantity.same_quantum(_WHOLE):
        return True
    # The number of decimals is read from its digits: rounding a very long one to compare would round it.
    exponent = quantity.normalize(_EXACT).as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DECIMALS
