"""Bodies that somebody unkind, or something broken, might send: drawn from a seed, the same again to the letter.

Three ways, because each finds what the others miss: real answers with something changed in them, JSON grown from a
grammar of what is hard to read, and bytes of no kind at all.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

GOLDEN = Path(__file__).parents[1] / "tests" / "simulator" / "golden"

NUMBERS = (
    b"0", b"-0", b"-1", b"1.5", b"0.1000000000000000055", b"0.0000001", b"9999999999999999.99", b"1e5",
    b"1E-7", b"1e400",
    b"1e99999999999999999999", b"0e-99999999999999999999", b"-1e999999", b"9223372036854775808",
    b"99999999999999999999",
    b"9" * 41, b"9" * 5000, b"1." + b"1" * 60, b"NaN", b"Infinity", b"-Infinity", b"01", b"+1", b".5", b"1.",
    b"0x10", b"1_000",
)  # fmt: skip
TEXTS = (
    b'""', b'" "', b'"NaN"', b'"sNaN"', b'"Infinity"', b'"1e400"', b'"-5"', b'"0.30"', b'"\\u0000"', b'"a\\u0000b"',
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\uD83D"', b'"\xff\xfe"', b'"\xed\xa0\x80"',
    b'"\xc0\xaf"',
    b'"\xe2\x80\xae"', b'"\\u202e"', b'"\x00"', b'"\x1f"', b'"\\x41"', b'"\\', b'"', b'"' + b"A" * 70 + b'"',
    b'"' + b"A" * 300 + b'"', b'"' + "é".encode() * 5000 + b'"', b'"<script>alert(1)</script>"', b'"=1+1"',
    b'"../../etc"',
    b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-14:00"', b'"2026-02-30T25:61:61Z"', b'"2026-01-01"',
    b'"2026-01-01T00:00:00"', b'"\xef\xbb\xbf"', b"'a'", b'"a" "b"', b'"VERIFIED"', b'"DISPATCHED"',
    b'"REJECTED"', b'"EA"',
)  # fmt: skip
WORDS = (
    b"null",
    b"true",
    b"false",
    b"nul",
    b"undefined",
    b"[]",
    b"{}",
    b"[null]",
    b"[[]]",
    b"{{}}",
    b"[1,]",
    b'{"a":1,}',
)
DEEP = (b"[" * 65 + b"]" * 65, b"[" * 3000 + b"]" * 3000, b'{"a":' * 70 + b"1" + b"}" * 70, b"[" * 20_000)
WHOLE = (
    b"", b" ", b"\x00", b"\xef\xbb\xbf", b"<html><body>502 Bad Gateway</body></html>", b"Service unavailable", b"null",
    b"true", b"1", b'"text"', b"[]", b"{}", b"[{}]", b"[null]", b'{"a":1} x', b"{}{}", b"/**/{}", b"\xff\xfe{\x00}\x00",
    '{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32"), b'{"a":1,"a":2}', b"[" * 100_000,
)  # fmt: skip
NAMES = (
    b"id", b"status", b"version", b"references", b"customer", b"details", b"items", b"measures", b"quantity",
    b"properties",
    b"timestamps", b"modified", b"time", b"unitOfMeasures", b"baseQty", b"code", b"name", b"errors",
    b"message", b"type", b"",
    b"\\u0000", b"\\ud800", b"__class__", b"\xff",
)  # fmt: skip
HOSTILE = (*NUMBERS, *TEXTS, *WORDS)


def real_answers() -> list[bytes]:
    """Every body that the simulator's recorded answers have, as bytes."""
    found = []
    for path in sorted(GOLDEN.glob("*.json")):
        for recorded in json.loads(path.read_text()).values():
            if isinstance(recorded, dict) and isinstance(recorded.get("body"), dict | list):
                found.append(json.dumps(recorded["body"]).encode())
    assert len(found) > 20, "the recorded answers are where they were"
    return sorted(found, key=len)


def bodies(seed: int, real: Sequence[bytes] = ()) -> Iterator[bytes]:
    """An endless row of hostile bodies: two of three are real ones with something changed."""
    random = Random(seed)
    real = real or real_answers()
    values = [places_of_values(body) for body in real]
    while True:
        way = random.random()
        if way < 0.66:
            # The short ones more often: as much can be wrong with them, and they are read faster.
            number = int(random.random() ** 2.5 * len(real))
            yield changed(real[number], values[number], random)
        elif way < 0.9:
            yield grown(random)
        elif way < 0.98:
            yield random.randbytes(int(random.random() ** 3 * 400))
        else:
            yield random.choice((*WHOLE, *DEEP))


def places_of_values(body: bytes) -> list[tuple[int, int]]:
    """Where in a body the texts, numbers and words stand that are values, as (start, end)."""
    places, at = [], 0
    while at < len(body):
        start = at
        if body[at : at + 1] == b'"':
            at += 1
            while body[at : at + 1] != b'"':
                at += 2 if body[at : at + 1] == b"\\" else 1
            at += 1
            if body[at : at + 1] != b":":
                places.append((start, at))
        elif body[at : at + 1] in b"{}[],: \n":
            at += 1
        else:
            while body[at : at + 1] not in b"{}[],: \n":
                at += 1
            places.append((start, at))
    return places


def changed(body: bytes, values: Sequence[tuple[int, int]], random: Random) -> bytes:
    """A real body with one to three things wrong in it; mostly still JSON, so that it gets further than the reader."""
    chance = random.random()
    if chance < 0.7 and values:
        for start, end in sorted(random.sample(values, min(len(values), random.choice((1, 1, 1, 2, 3)))), reverse=True):
            body = body[:start] + HOSTILE[int(random.random() * len(HOSTILE))] + body[end:]
        return body
    at = int(random.random() * len(body))
    to = at + int(random.random() * 40)
    if chance < 0.78:
        return body[:at]
    if chance < 0.84:
        return body[:at] + body[to:]
    if chance < 0.90:
        return body[:to] + body[at:to] + body[to:]
    if chance < 0.96:
        return body[:at] + random.randbytes(1 + int(random.random() * 4)) + body[at + 1 :]
    return body[:at] + random.choice(DEEP) + body[at:] if chance < 0.965 else body + body


def grown(random: Random, depth: int = 0) -> bytes:
    """JSON of hard atoms, now and then not quite JSON."""
    chance = random.random()
    if depth > 5 or chance < 0.35:
        return HOSTILE[int(random.random() * len(HOSTILE))]
    parts = [grown(random, depth + 1) for _ in range(int(random.random() * 4))]
    if chance < 0.5:
        return b"[" + b",".join(parts) + b"]"
    named = (b'"' + NAMES[int(random.random() * len(NAMES))] + b'":' + part for part in parts)
    return b"{" + b",".join(named) + b"}"
