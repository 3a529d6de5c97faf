"""How the orders of a warehouse are compared with our shipments, and its purchase orders with ours. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dockline.domain.dispatches.rules import DispatchState, KnownReference, list_differences, read_reference
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.shipments.rules import ShipmentStatus
from dockline.kit.choices import Choice

WIDE = timedelta(days=30)
NARROW = timedelta(hours=48)
WIDE_EVERY = timedelta(hours=24)
"""Most sweeps look at what changed lately; once a day one looks at a month."""

TIME_TO_BOOK = timedelta(minutes=30)
"""News of a warehouse younger than this may still be on their way into our books."""

BELIEVED_THERE = (DispatchState.CONFIRMED, DispatchState.DIFFERS)
AWAITED = (ShipmentStatus.SENT, PurchaseStatus.APPROVED)
"""It is there, and nothing has come of it yet."""
CANCELLED = (ShipmentStatus.CANCELLED, PurchaseStatus.CANCELLED)
STILL_TO_SEND = (DispatchState.READY, DispatchState.SENDING, DispatchState.SETTLING)


class Difference(Choice):
    """What is not the same on both sides."""

    MISSING_HERE = "missing_here", "There, not known here"
    MISSING_THERE = "missing_there", "Known here, not there"
    DOUBLE = "double", "More than one there"
    DIFFERENT = "different", "Not the same"


@dataclass(frozen=True)
class There:
    """An order, or a purchase order, as the warehouse has it; quantities per SKU in base units, in our words.

    `has_ended` when it was shipped, or received. `is_part` when it was split off there from another that is ours: it is
    received with that one.
    """

    reference: str
    external_id: str
    far_status: str
    is_live: bool
    is_untouched: bool
    has_ended: bool
    changed_at: datetime | None
    quantities: Mapping[str, Decimal]
    is_purchase: bool = False
    is_part: bool = False


@dataclass(frozen=True)
class Here:
    """A shipment or a purchase order as our books have it. `external_id` is theirs as far as we know it."""

    subject_id: int
    reference: str
    generation: int
    status: ShipmentStatus | PurchaseStatus
    dispatch: DispatchState
    external_id: str
    quantities: Mapping[str, Decimal]


@dataclass(frozen=True)
class Found:
    """One difference, in a sentence. `subject_id` is our shipment's or purchase order's, where there is one."""

    kind: Difference
    reference: str
    external_id: str
    subject_id: int | None
    sentence: str
    is_purchase: bool = False


@dataclass(frozen=True)
class Compared:
    """What a page of the warehouse's orders, or purchase orders, has shown.

    `seen` are those of ours that are there as we know them, `there` how many the page had, `foreign` how many of them
    are not ours, `highest` the newest id of ours that a reference there names.
    """

    found: Sequence[Found] = ()
    seen: Sequence[int] = ()
    there: int = 0
    foreign: int = 0
    highest: int = 0
    is_purchase: bool = False


def choose_reach(*, last_wide_at: datetime | None, is_asked: bool, is_stopped: bool, now: datetime) -> timedelta:
    """How far back a sweep looks: a month when somebody asked, when nothing is sent, and else once a day."""
    if is_asked or is_stopped or last_wide_at is None or now - last_wide_at >= WIDE_EVERY:
        return WIDE
    return NARROW


def compare_page(
    page: Sequence[There],
    books: Sequence[Here],
    *,
    reads: Mapping[str, KnownReference],
    known: dict[str, str],
    is_stopped: bool,
    now: datetime,
) -> Compared:
    """Compare a page of one kind with what is booked under its references and the ids they name.

    `reads` are the references that this installation has made; `known` are the live ones that the pages before have
    shown, by reference, to which this page's are added.
    """
    by_reference = {one.reference: one for one in books}
    by_id = {one.subject_id: one for one in books}
    found: list[Found | None] = []
    foreign, seen = 0, []
    for there in page:
        here, said = by_reference.get(there.reference), reads.get(there.reference)
        if there.is_part:
            continue
        if here is None and said is None:
            foreign += 1
            continue
        other = known.setdefault(there.reference, there.external_id) if there.is_live else there.external_id
        if other != there.external_id:
            found.append(double(there, other, here))
        elif here is None and said is not None:
            former = by_id.get(said.shipment_id)
            # The number that a reference shows tells whether it is another generation of that one.
            is_same = former is not None and former.reference.startswith(f"{said.readable}-")
            found.append(compare_former(there, said, former if is_same else None))
        else:
            found.append(compare(there, here, is_stopped=is_stopped, now=now))
        if here is not None and here.external_id == there.external_id:
            seen.append(here.subject_id)
    return Compared(
        found=[one for one in found if one is not None],
        seen=seen,
        there=len(page),
        foreign=foreign,
        highest=max((said.shipment_id for said in reads.values()), default=0),
        is_purchase=any(one.is_purchase for one in page),
    )


def compare(there: There, here: Here | None, *, is_stopped: bool, now: datetime) -> Found | None:
    """Compare an order there with the shipment, or the purchase order, that has its reference.

    What is being sent this very minute is nothing to tell, unless sending is stopped: then nothing is.
    """
    if here is None:
        return _found(Difference.MISSING_HERE, there, None, _unknown(there)) if there.is_live else None
    if here.dispatch in BELIEVED_THERE:
        return _compare_sent(there, here, now=now)
    if not there.is_live or here.dispatch == DispatchState.DUPLICATE:
        return None
    if here.status in CANCELLED:
        return _found(Difference.DIFFERENT, there, here, f"Cancelled here, and {there.far_status} there.")
    if here.dispatch in STILL_TO_SEND:
        is_fresh = there.changed_at is not None and now - there.changed_at < TIME_TO_BOOK
        if is_fresh and not is_stopped:
            return None
        return _found(Difference.MISSING_HERE, there, here, f"{there.far_status} there, and still to be sent here.")
    words = f"{DispatchState(here.dispatch).label} here, and {there.far_status} there."
    return _found(Difference.DIFFERENT, there, here, words)


def compare_former(there: There, said: KnownReference, here: Here | None) -> Found | None:
    """Compare an order there whose reference nothing here has, but another generation of something may."""
    if not there.is_live:
        return None
    if here is None:
        return _found(Difference.MISSING_HERE, there, None, _unknown(there))
    if said.generation > here.generation:
        words = f"Sent again as {there.reference}, which is not known here."
        return _found(Difference.MISSING_HERE, there, here, words)
    words = f"{there.far_status} there under a former reference of {here.reference}."
    kind = Difference.DOUBLE if here.dispatch in BELIEVED_THERE else Difference.DIFFERENT
    return _found(kind, there, here, words)


def double(there: There, other_id: str, here: Here | None) -> Found:
    """Say that another live order there has the same reference."""
    return _found(Difference.DOUBLE, there, here, f"Order {other_id} there has the same reference.")


def choose_references(numbers: Mapping[int, str], references: Iterable[str], *, marker: str) -> dict[int, str]:
    """Of references there that nobody here has, choose those that were made of these numbers: by id, each once."""
    left = {reference: read for reference in references if (read := read_reference(reference, marker=marker))}
    chosen: dict[int, str] = {}
    for subject_id, number in sorted(numbers.items()):
        fitting = [(read.shipment_id, reference) for reference, read in left.items() if read.is_of(number)]
        if fitting:
            chosen[subject_id] = min(fitting)[1]
            del left[chosen[subject_id]]
    return chosen


def _compare_sent(there: There, here: Here, *, now: datetime) -> Found | None:
    if there.is_live and here.external_id and there.external_id != here.external_id:
        words = f"Here it is order {here.external_id} there, and {there.external_id} has the same reference."
        return _found(Difference.DOUBLE, there, here, words)
    if there.is_purchase and here.status in CANCELLED and there.is_live:
        return _found(Difference.DIFFERENT, there, here, f"Cancelled here, and {there.far_status} there.")
    if here.status not in AWAITED:
        return None
    if not there.is_live:
        return _found(Difference.DIFFERENT, there, here, "Rejected there, and sent here.")
    if there.is_untouched and here.dispatch == DispatchState.CONFIRMED:
        differences = list_differences(here.quantities, there.quantities)
        return _found(Difference.DIFFERENT, there, here, "; ".join(differences) + ".") if differences else None
    if there.has_ended and there.changed_at is not None and now - there.changed_at > TIME_TO_BOOK:
        word = "Received" if there.is_purchase else "Shipped"
        return _found(Difference.DIFFERENT, there, here, f"{word} there, and not booked here.")
    return None


def _unknown(there: There) -> str:
    nothing = "no purchase order" if there.is_purchase else "no shipment"
    return f"{there.far_status} there, and {nothing} here has this reference."


def _found(kind: Difference, there: There, here: Here | None, sentence: str) -> Found:
    subject_id = here.subject_id if here else None
    return Found(kind, there.reference, there.external_id, subject_id, sentence, there.is_purchase)
