"""A certificate says what passed tests have shown, and no more."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import pytest

from dockline.connectors.contract import certificate
from dockline.connectors.contract.certificate import Cancelling, Certificate, Lots, Sending
from dockline.connectors.toolkit.certification import Claim, NotDeclared, certifies, examine, issue, render
from dockline.connectors.toolkit.conformance import Conformance

EXACTLY_ONCE = (Claim.FINDS_BY_REFERENCE, Claim.SENDS_ONCE, Claim.KNOWS_LOST_ANSWERS)


class Suite:
    far: str

    @certifies(Claim.SENDS_ONCE, Claim.CANCELS, Claim.SENDS_LOTS)
    def test_passes(self) -> None:
        assert self.far == "far"

    @certifies(Claim.CANCELS)
    def test_fails(self) -> None:
        raise AssertionError("no")

    @certifies(Claim.SENDS_LOTS)
    def test_cannot_be_asked(self) -> None:
        raise SkipTest("nobody there")

    @certifies(Claim.SENDS_ONCE, Claim.RECEIVES_LOTS)
    def test_of_what_is_not_declared(self) -> None:
        raise NotDeclared("not declared")

    def test_without_a_claim(self) -> None:
        raise AssertionError("not run")


@contextlib.contextmanager
def open_far() -> Iterator[str]:
    yield "far"


def shown(*claims: Claim) -> dict[Claim, tuple[str, ...]]:
    return {claim: (f"test_{claim}",) for claim in claims}


def test_a_claim_needs_a_test_that_passed_and_none_that_did_not() -> None:
    told: list[str] = []

    assert examine(Suite, open_far, told.append) == {Claim.SENDS_ONCE: ("test_passes",)}
    assert told == ["test_fails failed: AssertionError('no')"]


@pytest.mark.parametrize("missing", EXACTLY_ONCE)
def test_exactly_once_needs_all_three(missing: Claim) -> None:
    whole, less = (issue(shown(*claims), deadline_seconds=30) for claims in (EXACTLY_ONCE, {*EXACTLY_ONCE} - {missing}))

    assert whole.sending is Sending.EXACTLY_ONCE
    assert whole.shown_by["sending"] == tuple(f"test_{claim}" for claim in EXACTLY_ONCE)
    assert less.sending is (None if missing is Claim.KNOWS_LOST_ANSWERS else Sending.AT_LEAST_ONCE)


def test_without_a_claim_nothing_is_said() -> None:
    assert issue({}, deadline_seconds=30) == Certificate()
    assert issue(shown(Claim.CANCELS), deadline_seconds=30) == Certificate(), "nobody knows who decides"


def test_what_is_written_is_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = issue(shown(*(set(Claim) - {Claim.SPEAKS_TO_NOBODY})), deadline_seconds=30)
    monkeypatch.setattr(certificate.resources, "files", {"acme": tmp_path}.__getitem__)

    assert certificate.read("acme") == Certificate(), "no file"
    (tmp_path / certificate.FILE).write_text(render(issued))

    assert certificate.read("acme") == issued
    assert (issued.lots, issued.longest_silence_seconds) == ((Lots.SENT, Lots.RECEIVED), 30)
    assert issued.cancelling is Cancelling.WAREHOUSE_DECIDES


def test_every_claim_has_a_test_in_the_suite() -> None:
    marked = {claim for test in vars(Conformance).values() for claim in getattr(test, "certifies", ())}

    assert marked == set(Claim)
