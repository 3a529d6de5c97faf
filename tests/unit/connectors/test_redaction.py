"""Nothing that is kept shows a secret or a person."""

import base64
import time
from urllib.parse import quote_plus

import msgspec
import pytest

from dockline.connectors.toolkit.redaction import KEPT_CHARACTERS, Redactor

SECRET = 'p/w+"d ✓0123456'


@pytest.mark.parametrize("identity", ["", "a", "ab", "abc", "client-7"])
def test_a_secret_is_found_in_every_guise(identity: str):
    redactor = Redactor([SECRET])
    basic = base64.b64encode(f"{identity}:{SECRET}".encode()).decode()
    text = f"{SECRET} {quote_plus(SECRET)} {msgspec.json.encode(SECRET).decode()} Basic {basic}"

    hidden = redactor.text(text)

    assert "0123456" not in hidden
    assert base64.b64encode(b"0123456").decode()[2:8] not in hidden
    assert hidden.count("[secret]") == 4


def test_personal_values_keep_their_shape():
    redactor = Redactor([], {"address", "email"})
    body = b'{"address":{"city":"Yatala","lines":["1 Road",""],"none":null},"email":"","sku":"A","n":1.10}'

    assert redactor.body(body) == (
        '{"address":{"city":"[personal]","lines":["[personal]",""],"none":null},"email":"","sku":"A","n":1.10}'
    )


@pytest.mark.parametrize("cut", range(30, 75, 3))
def test_a_cut_off_body_shows_no_more_than_a_whole_one(cut: int):
    body = b'{"n":1,"contact":{"email":"mei@harbour.example","access_token":"tok-123456"}}'
    shown = Redactor([], {"email"}).body(body[:cut])
    assert "mei" not in shown
    assert "tok" not in shown.replace("access_tok", "")


def test_a_body_that_cannot_be_read_is_masked_all_the_same():
    assert "mei" not in Redactor([], {"email"}).body(b'{"email": "mei@harbour.example", "n": 1e99999999999999999999}')


def test_escaped_names_are_masked_too():
    assert "mei" not in Redactor([], {"email"}).body(b'{"\\u0065mail": "mei@harbour.example"}')


@pytest.mark.parametrize(
    "body",
    [
        b'{"email":"mei@harbour.example","n":1.10}',
        b'[ {"email" :\t{"a":[1,"x",null,{"email":"y"}]} , "after":"email"}, {"email":""} ]',
        b'{"note":"say \\"email\\": twice","email":["mei",7],"to":{"email":true,"address":{"line":"1 Road"}}}',
        b'{"a \\"email":"mei","email":null}',
    ],
)
def test_what_is_masked_where_it_stands_is_masked_as_by_reading_it(body: bytes):
    redactor = Redactor([SECRET], {"email", "address"})
    quickly, anew = redactor._mask_in_place(body), redactor._mask_anew(body)
    assert quickly is not None
    assert msgspec.json.decode(quickly.replace('a \\"email":"[personal]"', 'a \\"email":"mei"')) == msgspec.json.decode(
        anew
    )


def test_a_secret_behind_escaped_slashes_is_found():
    assert Redactor(["pa/ss/word1"]).body(b'{"note":"pa\\/ss\\/word1"}') == '{"note":"[secret]"}'


def test_a_redactor_that_knows_more_forgets_nothing():
    first = Redactor(["secret-one"])
    first.also("token-one")
    assert first.also("token-two").also("token-one").text("token-one token-two") == "[secret] [secret]"


def test_tokens_are_never_kept():
    assert (
        Redactor().body(b'{"access_token":"abc","expires_in":3600}') == '{"access_token":"[secret]","expires_in":3600}'
    )


def test_what_is_kept_is_cut():
    assert len(Redactor().body(b"x" * 1_000_000)) < KEPT_CHARACTERS + 20


def test_a_redactor_shows_nothing_of_what_it_knows():
    assert SECRET not in repr(Redactor([SECRET]).also("another-secret"))


def test_a_large_body_is_masked_quickly():
    order = {
        "id": "x" * 36,
        "deliver": {"address": {"email": "mei@harbour.example"}},
        "items": [{"quantity": 1.5}] * 20,
    }
    body = msgspec.json.encode([order] * 300)
    redactor = Redactor([SECRET, "another-secret"], {"email", "phone"})

    started = time.process_time()
    shown = redactor.body(body)

    assert "mei" not in shown
    assert time.process_time() - started < 0.2
