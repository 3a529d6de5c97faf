"""Writes a connector's certificate from the conformance tests that pass."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, TypeVar
from unittest import SkipTest

from dockline.connectors.contract.certificate import Cancelling, Certificate, Lots, Sending

T = TypeVar("T", bound=Callable[..., object])
Shown = Mapping["Claim", tuple[str, ...]]

_HEAD = "# Written by `make certificates` from the conformance tests that passed; not by hand.\n\n"


class Claim(StrEnum):
    """What a test can show. The first three together are sending exactly once."""

    FINDS_BY_REFERENCE = "finds_by_reference"
    SENDS_ONCE = "sends_once"
    KNOWS_LOST_ANSWERS = "knows_lost_answers"
    SPEAKS_TO_NOBODY = "speaks_to_nobody"
    SENDS_LOTS = "sends_lots"
    RECEIVES_LOTS = "receives_lots"
    CANCELS = "cancels"
    MAY_BE_TOO_LATE_TO_CANCEL = "may_be_too_late_to_cancel"
    ENDS_SILENCE = "ends_silence"


class NotDeclared(SkipTest):
    """The test is about an ability the connector does not declare, and says nothing for or against a claim."""


def certifies(*claims: Claim) -> Callable[[T], T]:
    """Mark a conformance test with the claims that need it."""

    def mark(test: T) -> T:
        test.__dict__["certifies"] = claims
        return test

    return mark


def examine(suite: type, open_far: Callable[[], AbstractContextManager[Any]], tell: Callable[[str], None]) -> Shown:
    """Run the marked tests of a suite, each with a far side of its own, and return the claims with what shows them.

    A claim is shown when one of its tests has passed and none has failed or could not be asked; those are told.
    """
    passed: dict[Claim, list[str]] = {}
    open_claims: set[Claim] = set()
    for name, test in vars(suite).items():
        claims: tuple[Claim, ...] = getattr(test, "certifies", ())
        if not claims:
            continue
        with open_far() as far:
            one = suite()
            one.far = far
            try:
                test(one)
            except NotDeclared:
                pass
            except SkipTest:
                open_claims.update(claims)
            except Exception as failure:
                open_claims.update(claims)
                tell(f"{name} failed: {failure!r}")
            else:
                for claim in claims:
                    passed.setdefault(claim, []).append(name)
    return {claim: tuple(tests) for claim, tests in passed.items() if claim not in open_claims}


def issue(shown: Shown, *, deadline_seconds: float) -> Certificate:
    """Say what the shown claims amount to. `deadline_seconds` is what the product ends its calls with."""
    shown_by: dict[str, tuple[str, ...]] = {}

    def holds(name: str, *claims: Claim) -> bool:
        if not all(claim in shown for claim in claims):
            return False
        shown_by[name] = tuple(dict.fromkeys([*shown_by.get(name, ()), *(one for c in claims for one in shown[c])]))
        return True

    sending = cancelling = None
    if holds("sending", Claim.SPEAKS_TO_NOBODY):
        sending = Sending.TO_NOBODY
    elif holds("sending", Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS):
        sending = Sending.EXACTLY_ONCE
    elif holds("sending", Claim.KNOWS_LOST_ANSWERS):
        sending = Sending.AT_LEAST_ONCE
    if holds("cancelling", Claim.CANCELS, Claim.MAY_BE_TOO_LATE_TO_CANCEL):
        cancelling = Cancelling.WAREHOUSE_DECIDES
    elif holds("cancelling", Claim.CANCELS, Claim.SPEAKS_TO_NOBODY):
        cancelling = Cancelling.AT_ONCE
    ways = ((Lots.SENT, Claim.SENDS_LOTS), (Lots.RECEIVED, Claim.RECEIVES_LOTS))
    return Certificate(
        sending=sending,
        lots=tuple(way for way, claim in ways if holds("lots", claim)),
        cancelling=cancelling,
        longest_silence_seconds=int(deadline_seconds) if holds("longest_silence_seconds", Claim.ENDS_SILENCE) else None,
        shown_by=shown_by,
    )


def render(certificate: Certificate) -> str:
    """The certificate as the file that ships with the connector."""
    said = {
        "sending": certificate.sending,
        "lots": list(certificate.lots),
        "cancelling": certificate.cancelling,
        "longest_silence_seconds": certificate.longest_silence_seconds,
    }
    # What JSON and TOML write alike: texts, whole numbers and lists of texts.
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in said.items() if value]
    for name, tests in certificate.shown_by.items():
        listed = "".join(f"    {json.dumps(test)},\n" for test in tests)
        lines += ["\n[shown_by]\n"] if name == next(iter(certificate.shown_by)) else []
        lines += [f"{name} = [\n{listed}]\n"]
    return _HEAD + "".join(lines)
