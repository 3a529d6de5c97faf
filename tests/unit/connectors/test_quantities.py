"""What is multiplied is exact, whatever its digits; what cannot be kept is known as such."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.connectors.toolkit.quantities import fits, times

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)


@given(quantity=NUMBERS, factor=NUMBERS)
@pytest.mark.fault("D03")
def test_a_conversion_is_exact(quantity: Decimal, factor: Decimal) -> None:
    assert Fraction(times(quantity, factor)) == Fraction(quantity) * Fraction(factor)


@given(quantity=NUMBERS)
def test_what_fits_is_kept_as_it_is(quantity: Decimal) -> None:
    exact = Fraction(quantity)
    assert fits(quantity) == (abs(exact) < 10**14 and (exact * 10**6).denominator == 1)


@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_fits_nowhere(odd: str) -> None:
    assert not fits(Decimal(odd))
