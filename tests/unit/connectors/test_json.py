"""The strict reader takes what is agreed and refuses everything else."""

from decimal import Decimal

import pytest

from dockline.connectors.contract.errors import Unreadable
from dockline.connectors.toolkit import json


class Thing(json.Measured):
    quantity: Decimal
    name: str = ""
    version: int = 0


@pytest.mark.fault("N16")
def test_numbers_stay_exact_and_unknown_fields_are_ignored():
    read = json.decode(
        b'{"quantity": 0.1000000000000000055, "name": "\xc3\xa9 \\ud83d\\ude00", "new": {}}', as_type=Thing
    )
    assert read == Thing(Decimal("0.1000000000000000055"), "é 😀")


def test_a_quantity_may_be_longer_than_a_version():
    assert json.decode(b'{"quantity": 9999999999999999999}', as_type=Thing) == Thing(Decimal(9999999999999999999))


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b" \n"])
@pytest.mark.fault("N14")
def test_a_byte_order_mark_is_tolerated(start: bytes):
    assert json.decode(start + b'{"quantity": 1}', as_type=Thing) == Thing(Decimal(1))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"quantity": 1',
        b'{"quantity": 1} x',
        b'{"quantity": NaN}',
        b'{"quantity": Infinity}',
        b'{"quantity": -Infinity}',
        b'{"quantity": 1, "quantity": 2}',
        b'{"quantity": 1, "new": {"a": 1, "a": 1}}',
        b'{"quantity": "many"}',
        b'{"quantity": null}',
        b'{"name": "no quantity"}',
        b'{"quantity": 1, "name": "\xff"}',
        b'{"quantity": 1, "name": "\xed\xa0\x80"}',
        '{"quantity": 1}'.encode("utf-16"),
        b'{"quantity": 1, "name": "a\x00b"}',
        b'{"quantity": 1, "name": "a\\u0000b"}',
        b'{"quantity": 1, "new": ["\\ud800"]}',
        b'{"quantity": 1, "\\uDC00": 1}',
        b'{"quantity": 1e999999999}',
        b'{"quantity": 1e99999999999999999999}',
        b'{"quantity": 0e-99999999999999999999}',
        b'{"quantity": "NaN"}',
        b'{"quantity": "sNaN"}',
        b'{"quantity": "-Infinity"}',
        b'{"quantity": "1e400"}',
        b'{"quantity": 1, "version": 9999999999999999999}',
        b'{"quantity": ' + b"9" * 5000 + b"}",
        b'{"quantity": 0.' + b"1" * 100 + b"}",
        b'{"quantity": 1, "new": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"quantity": 1, "new": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"quantity":1,"new":' + b'["]",' * 65 + b"0" + b',"["]' * 65 + b"}",
        b'{"quantity":1,"new":' + b'["\\"]",' * 65 + b"0" + b',"["]' * 65 + b"}",
        b'{"quantity": 1, "name": "' + b"a" * json.MAX_BYTES + b'"}',
    ],
)
@pytest.mark.fault("N14", "N15")
def test_what_is_not_as_agreed_is_unreadable(body: bytes):
    with pytest.raises(Unreadable):
        json.decode(body, as_type=Thing)


def test_a_backslash_before_a_u_is_just_text():
    assert json.decode(b'{"quantity": 1, "name": "c:\\\\u0000"}', as_type=Thing).name == "c:\\u0000"


def test_what_is_read_quickly_is_what_is_read_closely():
    plain = b'{"quantity":-0.50,"name":"a\\\\\\": ","new":[{"a\\"":1e2,"b":999999999999999999}]}'
    assert json._read_plain(plain) == json._read_closely(plain, odd_text=False) != None  # noqa: E711
    assert json._read_plain(b'{"a":{"b":1},"a":{"b":1}}') is None, "a name that occurs twice is looked at closely"
    assert json._read_plain(b'{"a" :1,"b":1,"b":2}') is None
    assert json._read_plain(b'{"a":"\\u0000"}') is None
    assert json._read_plain(b'{"a": [1, "b c"], "d": {}}') == {"a": [1, "b c"], "d": {}}, (
        "blanks after a colon are usual"
    )
    assert json._read_plain(b'{"b":1,"b"\n\t:2}') is None
    assert json._read_plain(b'{"name":" blank at both ends ","new":"12\\" wide"}') is not None


def test_decimals_are_written_as_exact_numbers():
    assert json.encode({"quantity": Decimal("0.1000000000000000055")}) == b'{"quantity":0.1000000000000000055}'
