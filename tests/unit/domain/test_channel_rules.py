"""How a channel rests, and how short a settle window may be."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockline.domain.channels.rules import back_off, shortest_settle_seconds


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 1), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (7, 60), (10_000, 60)]
)
@pytest.mark.fault("N05")
def test_a_rest_doubles_up_to_a_minute(failures: int, seconds: int) -> None:
    assert back_off(failures, asked_seconds=None) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "seconds"), [(0, 1), (-5, 1), (0.2, 1), (30, 30), (3600, 3600), (1e9, 3600)])
def test_what_was_asked_is_kept_within_reason(asked: float, seconds: float) -> None:
    assert back_off(9, asked_seconds=asked) == timedelta(seconds=seconds)


@given(st.integers(0, 100))
def test_one_more_failure_never_rests_less(failures: int) -> None:
    assert back_off(failures, asked_seconds=None) <= back_off(failures + 1, asked_seconds=None)


@pytest.mark.parametrize(
    "address", ["http://localhost:8700", "http://LOCALHOST", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:8"]
)
def test_this_machine_settles_as_fast_as_it_likes(address: str) -> None:
    assert shortest_settle_seconds(address) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://api.cartoncloud.com",
        "https://localhost.example.com",
        "https://127.0.0.1.example.com",
        "https://127.0.0.1@example.com",
        "https://example.com/?at=localhost",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "localhost",
        "127.0.0.1",
        "",
    ],
)
def test_everybody_else_is_given_five_minutes(address: str) -> None:
    assert shortest_settle_seconds(address) == 300
