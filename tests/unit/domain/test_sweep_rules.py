"""How an order there and a shipment here are compared, and which order there is taken for a forgotten one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dockline.domain.dispatches.rules import DispatchState, read_reference
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.domain.sweeps.rules import (
    NARROW,
    WIDE,
    Difference,
    Here,
    There,
    choose_reach,
    choose_references,
    compare,
    compare_former,
    compare_page,
)

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=2)
MUGS = {"MUG": Decimal(2)}
THERE = There("SO-1-ABCD7", "there-1", "PACKED", True, False, False, EARLIER, MUGS)
HERE = Here(7, "SO-1-ABCD7", 1, ShipmentStatus.SENT, DispatchState.CONFIRMED, "there-1", MUGS)
UNSENT = replace(HERE, status=ShipmentStatus.READY, dispatch=DispatchState.READY, external_id="")


@pytest.mark.parametrize(
    ("there", "here", "is_stopped", "kind"),
    [
        pytest.param(THERE, HERE, False, None, id="both sides agree"),
        pytest.param(THERE, None, False, Difference.MISSING_HERE, id="nobody here knows it"),
        pytest.param(replace(THERE, is_live=False), None, False, None, id="rejected there and unknown"),
        pytest.param(THERE, UNSENT, False, Difference.MISSING_HERE, id="still to be sent"),
        pytest.param(replace(THERE, changed_at=NOW), UNSENT, False, None, id="being sent this minute"),
        pytest.param(
            replace(THERE, changed_at=NOW), UNSENT, True, Difference.MISSING_HERE, id="sent this minute, and forgotten"
        ),
        pytest.param(replace(THERE, external_id="there-2"), HERE, False, Difference.DOUBLE, id="a second one"),
        pytest.param(
            replace(THERE, is_untouched=True, quantities={"MUG": Decimal(3)}),
            HERE,
            False,
            Difference.DIFFERENT,
            id="another content",
        ),
        pytest.param(replace(THERE, quantities={"MUG": Decimal(1)}), HERE, False, None, id="picked short"),
        pytest.param(replace(THERE, is_live=False), HERE, False, Difference.DIFFERENT, id="rejected since"),
        pytest.param(replace(THERE, has_ended=True), HERE, False, Difference.DIFFERENT, id="shipped and not booked"),
        pytest.param(
            replace(THERE, has_ended=True, changed_at=NOW), HERE, False, None, id="shipped this minute, on its way"
        ),
        pytest.param(
            THERE,
            replace(UNSENT, status=ShipmentStatus.CANCELLED),
            False,
            Difference.DIFFERENT,
            id="cancelled here, alive there",
        ),
    ],
)
def test_what_is_not_the_same(there: There, here: Here | None, is_stopped: bool, kind: Difference | None) -> None:
    found = compare(there, here, is_stopped=is_stopped, now=NOW)
    assert (found.kind if found else None) is kind


def test_another_generation_of_a_shipment_is_told_from_an_unknown_one() -> None:
    said = read_reference("SO-1-ABCD7-G2", marker="ABCD")
    assert said is not None
    there = replace(THERE, reference="SO-1-ABCD7-G2")
    newer = compare_former(there, said, HERE)
    older = compare_former(THERE, replace(said, generation=1), replace(HERE, generation=3, reference="SO-1-ABCD7-G3"))
    assert newer is not None and (newer.kind, newer.subject_id) == (Difference.MISSING_HERE, 7)
    assert older is not None and (older.kind, older.subject_id) == (Difference.DOUBLE, 7)


def test_a_page_is_compared_with_its_books_and_with_the_pages_before() -> None:
    marked = ("SO-1-ABCD7", "SO-1-ABCD7-G2", "SO-8-ABCD8")
    reads = {reference: read_reference(reference, marker="ABCD") for reference in marked}
    page = [
        THERE,
        replace(THERE, external_id="there-2"),
        replace(THERE, reference="SO-1-ABCD7-G2", external_id="there-3"),
        replace(THERE, reference="SO-8-ABCD8", external_id="there-4"),
        replace(THERE, reference="OTHER-9", external_id="there-5"),
        replace(THERE, reference="OTHER-9-SPLIT", external_id="there-6", is_part=True),
    ]
    known = {"SO-8-ABCD8": "there-0"}
    shown = compare_page(
        page,
        [HERE],
        reads={reference: said for reference, said in reads.items() if said},
        known=known,
        is_stopped=False,
        now=NOW,
    )
    assert [(one.kind, one.external_id, one.subject_id) for one in shown.found] == [
        (Difference.DOUBLE, "there-2", 7),
        (Difference.MISSING_HERE, "there-3", 7),
        (Difference.DOUBLE, "there-4", None),
    ]
    assert (shown.seen, shown.there, shown.foreign, shown.highest) == ([7], 6, 1, 8)
    assert known == {"SO-1-ABCD7": "there-1", "SO-1-ABCD7-G2": "there-3", "SO-8-ABCD8": "there-0"}


def test_a_forgotten_order_is_recognised_by_the_number_its_reference_shows() -> None:
    there = ("SO-1-ABCD9", "SO-1-ABCD7", "SO-11-ABCD8", "A-NUMBER-OF-MANY-CHARACTERS-ABCD5", "SO-111-WXYZ1")
    numbers = {
        31: "SO-1",
        32: "SO-11",
        33: "SO-111",
        34: "A NUMBER OF MANY CHARACTERS AND MORE",
        35: "SO-1",
        36: "SO-1",
    }
    assert choose_references(numbers, there, marker="ABCD") == {
        31: "SO-1-ABCD7",
        32: "SO-11-ABCD8",
        34: "A-NUMBER-OF-MANY-CHARACTERS-ABCD5",
        35: "SO-1-ABCD9",
    }
    assert read_reference("SO-1-WXYZ7", marker="ABCD") is None


def test_once_a_day_and_while_nothing_is_sent_a_month_is_compared() -> None:
    lately = NOW - timedelta(hours=3)
    assert choose_reach(last_wide_at=lately, is_asked=False, is_stopped=False, now=NOW) == NARROW
    assert choose_reach(last_wide_at=lately, is_asked=True, is_stopped=False, now=NOW) == WIDE
    assert choose_reach(last_wide_at=lately, is_asked=False, is_stopped=True, now=NOW) == WIDE
    assert choose_reach(last_wide_at=NOW - timedelta(hours=25), is_asked=False, is_stopped=False, now=NOW) == WIDE
    assert choose_reach(last_wide_at=None, is_asked=False, is_stopped=False, now=NOW) == WIDE
