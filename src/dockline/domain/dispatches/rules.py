"""How something is sent exactly once: `decide` is a pure function, and the only place that moves a dispatch.

READY ──claim──▶ SENDING ──┬─ equal ───────▶ CONFIRMED
  ▲                        ├─ differs ─────▶ DIFFERS      (a person)
  │                        ├─ refused ─────▶ NEEDS_FIX    (a person)
  ├──── surely not sent ◀──┤
  │                        └─ answer lost, deadline passed ─▶ SETTLING ──look-ups──┐
  ├──── two clean absences after the settle window ◀───────────────────────────────┤
  │                           found equal ▶ CONFIRMED · found other ▶ HELD · several ▶ DUPLICATE
CONFIRMED or DIFFERS, and then gone over there ▶ HELD (a person)

`decide_wish` does the same for the wish to cancel one: it waits while the sending is unsettled, and then asks.

What a dispatch then asks for is its `Step`. The hub, the simulation and the model check (proofs/) run this very code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from dockline.kit.choices import Choice

CLEAN_ABSENCES_NEEDED = 2
CRASHES_BEFORE_HOLD = 3

DEADLINE_SECONDS = 90.0
"""How long an attempt may take, from its intent to its answer; after it the answer counts as lost."""

CALL_SECONDS = 35.0
"""What one call needs at most: no call starts so late that it could end after the deadline."""

SHORTEST_CUT = 20
"""A reference that shows fewer characters of an order's number than this shows all of it."""

REFERENCE_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./#")


class DispatchState(Choice):
    """How far the sending is."""

    READY = "ready", "Ready"
    SENDING = "sending", "Sending"
    SETTLING = "settling", "Answer lost, looking"
    CONFIRMED = "confirmed", "Confirmed"
    DIFFERS = "differs", "Accepted with differences"
    NEEDS_FIX = "needs_fix", "Refused"
    HELD = "held", "Held for a person"
    DUPLICATE = "duplicate", "More than one there"


NEEDS_PERSON = (DispatchState.DIFFERS, DispatchState.NEEDS_FIX, DispatchState.HELD, DispatchState.DUPLICATE)


class Step(Enum):
    """What a dispatch asks for; the first three of a worker, once its `wake_at` has come."""

    SEND = auto()
    GIVE_UP = auto()
    LOOK_UP = auto()
    ASK_A_PERSON = auto()
    NOTHING = auto()


STATES_ASKING: Mapping[Step, tuple[DispatchState, ...]] = {
    Step.SEND: (DispatchState.READY,),
    Step.GIVE_UP: (DispatchState.SENDING,),
    Step.LOOK_UP: (DispatchState.SETTLING,),
    Step.ASK_A_PERSON: NEEDS_PERSON,
    Step.NOTHING: (DispatchState.CONFIRMED,),
}


@dataclass(frozen=True)
class Dispatch:
    """The sending of one shipment or purchase order: what `decide` looks at and what it returns."""

    state: DispatchState
    attempts: int = 0
    clean_absences: int = 0
    settle_until: datetime | None = None
    wake_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Claimed:
    """A worker takes it and commits the intent; after `deadline` the attempt counts as lost."""

    deadline: datetime


@dataclass(frozen=True)
class Answered:
    """The far side has it, under our reference and account. `differences` is empty when it is what we meant."""

    differences: tuple[str, ...] = ()
    rejected: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotSent:
    """Surely not processed. `wait` is how long to rest."""

    wait: timedelta
    reason: str


@dataclass(frozen=True)
class Declined:
    """The far side understood and said no; there is nothing over there."""

    reason: str


@dataclass(frozen=True)
class AnswerLost:
    """A write was sent and no answer came, or the worker's deadline passed."""

    reason: str
    settle: timedelta


@dataclass(frozen=True)
class LookedUp:
    """One complete look-up by reference. `found` counts live ones there; differences as in `Answered`.

    `asked_at` is when the look began, for that is the moment it speaks of; without it, the moment it is booked.
    """

    found: int
    differences: tuple[str, ...] = ()
    rejected: bool = False
    problems: tuple[str, ...] = ()
    spacing: timedelta = timedelta(seconds=30)
    asked_at: datetime | None = None


@dataclass(frozen=True)
class Doubled:
    """The far side has another live order under the reference of one that is settled."""

    reason: str


@dataclass(frozen=True)
class Vanished:
    """The far side accepted it and has it no longer, though nobody here asked for that."""

    reason: str


@dataclass(frozen=True)
class LookUpFailed:
    """A look-up that could not be read completely is no information."""

    wait: timedelta


@dataclass(frozen=True)
class DeadlinePassed:
    """Nobody came back from the attempt in its time: its worker or its answer is lost."""

    reason: str
    settle: timedelta


@dataclass(frozen=True)
class FarSideChanged:
    """The channel was pointed at another account: what may be at the former one cannot be found at the new one."""

    reason: str


@dataclass(frozen=True)
class Restored:
    """The database was set back: what was sent since is forgotten, and nothing may go before it was looked for."""

    settle: timedelta


@dataclass(frozen=True)
class SendAgain:
    """A person has it sent under a new reference.

    With `look_first` it is looked for under that reference before: after a restore the database does not know whether
    a person did the same before, and the next reference would be the very one that was used then.
    """

    look_first: timedelta | None = None


@dataclass(frozen=True)
class AcceptAsIs:
    """A person takes what is there as right."""


@dataclass(frozen=True)
class LookAgain:
    """A person put something right there and has it looked for again."""

    settle: timedelta


Event = (
    Claimed
    | Answered
    | NotSent
    | Declined
    | AnswerLost
    | DeadlinePassed
    | LookedUp
    | LookUpFailed
    | Doubled
    | Vanished
    | FarSideChanged
    | Restored
    | SendAgain
    | AcceptAsIs
    | LookAgain
)


class UnexpectedEvent(Exception):
    """The event does not belong to the state: a late result, kept as evidence and otherwise ignored."""


def next_step(dispatch: Dispatch) -> Step:
    """Say what the dispatch asks for."""
    return next(step for step, states in STATES_ASKING.items() if dispatch.state in states)


def is_due(dispatch: Dispatch, now: datetime) -> bool:
    """Say whether the time has come that the dispatch waits for."""
    return dispatch.wake_at is None or now >= dispatch.wake_at


def hear(dispatch: Dispatch, event: Event, now: datetime, *, attempt: int, newest: int | None) -> Dispatch:
    """Decide on the answer of one attempt, given by the id of its intent. Raises UnexpectedEvent.

    Fencing: an answer that is not the newest attempt's is kept as evidence and moves nothing.
    """
    if attempt != newest:
        raise UnexpectedEvent("The answer is that of an earlier attempt.")
    return decide(dispatch, event, now)


def decide(dispatch: Dispatch, event: Event, now: datetime) -> Dispatch:
    """Return the dispatch after the event. Raises UnexpectedEvent, and then nothing may change."""
    match dispatch.state, event:
        case DispatchState.READY, Claimed(deadline) if is_due(dispatch, now):
            return replace(dispatch, state=DispatchState.SENDING, attempts=dispatch.attempts + 1, wake_at=deadline)
        case ((DispatchState.SENDING | DispatchState.SETTLING), Answered()):
            return _settled(dispatch, event.differences, event.rejected, event.problems)
        case ((DispatchState.CONFIRMED | DispatchState.DIFFERS | DispatchState.HELD), Answered(rejected=True)):
            return _settled(dispatch, (), True, event.problems)
        case DispatchState.SENDING, NotSent(wait, reason):
            # Attempts count what may have reached the far side; this one surely did not.
            attempts = dispatch.attempts - 1
            return replace(dispatch, state=DispatchState.READY, attempts=attempts, wake_at=now + wait, reason=reason)
        case DispatchState.SENDING, Declined(reason):
            return replace(dispatch, state=DispatchState.NEEDS_FIX, wake_at=None, reason=reason)
        case DispatchState.SENDING, AnswerLost(reason, settle):
            return _settling(dispatch, reason, settle, now)
        case DispatchState.SENDING, DeadlinePassed(reason, settle) if is_due(dispatch, now):
            return _settling(dispatch, reason, settle, now)
        case DispatchState.SETTLING, LookedUp():
            return _looked_up(dispatch, event, now)
        case ((DispatchState.SENDING | DispatchState.READY | DispatchState.NEEDS_FIX), LookedUp(found)) if found > 0:
            # READY: the warehouse may know of an order we have forgotten sending, after a restore.
            # NEEDS_FIX: what it had rejected may have been mended over there.
            return _looked_up(dispatch, event, now)
        case ((DispatchState.CONFIRMED | DispatchState.DIFFERS | DispatchState.HELD), Doubled(reason)):
            return replace(dispatch, state=DispatchState.DUPLICATE, wake_at=None, reason=reason)
        case ((DispatchState.CONFIRMED | DispatchState.DIFFERS), Vanished(reason)):
            return replace(dispatch, state=DispatchState.HELD, wake_at=None, reason=reason)
        case DispatchState.SETTLING, LookUpFailed(wait):
            return replace(dispatch, wake_at=now + wait)
        case ((DispatchState.SENDING | DispatchState.SETTLING), FarSideChanged(reason)):
            return _held(dispatch, reason)
        case DispatchState.READY, FarSideChanged(reason) if dispatch.attempts > 0:
            return _held(dispatch, reason)
        case ((DispatchState.READY | DispatchState.SENDING | DispatchState.SETTLING), Restored(settle)):
            return _settling(dispatch, "The database was restored; looking whether it was sent since.", settle, now)
        case ((DispatchState.NEEDS_FIX | DispatchState.HELD), SendAgain(None)):
            return Dispatch(DispatchState.READY, wake_at=now)
        case ((DispatchState.NEEDS_FIX | DispatchState.HELD), SendAgain(timedelta() as settle)):
            return _settling(Dispatch(dispatch.state), "Looking whether it was sent before the restore.", settle, now)
        case ((DispatchState.DIFFERS | DispatchState.HELD), AcceptAsIs()):
            return Dispatch(DispatchState.CONFIRMED, attempts=dispatch.attempts)
        case _, LookAgain(settle) if dispatch.state in NEEDS_PERSON:
            # Absence is believed as late as ever: somebody may have put it right there this very minute.
            return _settling(Dispatch(dispatch.state, min(dispatch.attempts, 1)), "", settle, now)
        case _:
            raise UnexpectedEvent(f"{type(event).__name__} does not belong to a dispatch that is {dispatch.state}.")


def _settling(dispatch: Dispatch, reason: str, settle: timedelta, now: datetime) -> Dispatch:
    return replace(
        dispatch,
        state=DispatchState.SETTLING,
        clean_absences=0,
        settle_until=now + settle,
        wake_at=now,
        reason=reason,
    )


def _looked_up(dispatch: Dispatch, event: LookedUp, now: datetime) -> Dispatch:
    if event.found > 1:
        reason = f"The warehouse has {event.found} orders under this reference."
        return replace(dispatch, state=DispatchState.DUPLICATE, settle_until=None, wake_at=None, reason=reason)
    if event.found == 1 and event.differences and not event.rejected:
        reason = "An order with this reference is there, but its content is not ours: " + "; ".join(event.differences)
        return _held(dispatch, reason)
    if event.found == 1:
        return _settled(dispatch, (), event.rejected, event.problems)
    return _absent(dispatch, event, now)


def _absent(dispatch: Dispatch, event: LookedUp, now: datetime) -> Dispatch:
    assert dispatch.settle_until is not None, "a settling dispatch has a settle window"
    asked_at = event.asked_at or now
    if not is_due(dispatch, asked_at):
        # A look that began before this one was due, by a worker that was held up: it tells of another time.
        return dispatch
    if asked_at < dispatch.settle_until:
        # A found order may be believed at any time; its absence only once late requests and search lag are over.
        return replace(dispatch, clean_absences=0, wake_at=dispatch.settle_until)
    absences = dispatch.clean_absences + 1
    if absences < CLEAN_ABSENCES_NEEDED:
        return replace(dispatch, clean_absences=absences, wake_at=now + event.spacing)
    if dispatch.attempts >= CRASHES_BEFORE_HOLD:
        reason = f"{dispatch.attempts} attempts were lost without a trace; a person decides whether to send again."
        return _held(dispatch, reason)
    return replace(
        dispatch,
        state=DispatchState.READY,
        clean_absences=0,
        settle_until=None,
        wake_at=now,
        reason="The lost attempt is not at the warehouse; it is sent again.",
    )


def _settled(dispatch: Dispatch, differences: tuple[str, ...], rejected: bool, problems: tuple[str, ...]) -> Dispatch:
    settled = replace(dispatch, clean_absences=0, settle_until=None, wake_at=None)
    if rejected:
        reason = "; ".join(problems) or "The warehouse rejected the order and gave no reason."
        return replace(settled, state=DispatchState.NEEDS_FIX, reason=reason)
    if differences:
        return replace(settled, state=DispatchState.DIFFERS, reason="; ".join(differences))
    return replace(settled, state=DispatchState.CONFIRMED, reason="")


def _held(dispatch: Dispatch, reason: str) -> Dispatch:
    return replace(dispatch, state=DispatchState.HELD, settle_until=None, wake_at=None, reason=reason)


class WishState(Choice):
    """How a wish to cancel what was sent stands; only the warehouse's word moves it to accepted or refused."""

    ASKED = "asked", "Cancel requested"
    ACCEPTED = "accepted", "Cancelled"
    REFUSED = "refused", "Too late to cancel"
    EXPIRED = "expired", "Cancel not answered"


class WishPurpose(Choice):
    """What a wish is for: what becomes of the goods once the warehouse has let go of them."""

    CANCEL = "cancel", "Cancel"
    HOLD = "hold", "Put on hold"
    CHANGE = "change", "Change"


@dataclass(frozen=True)
class Wish:
    """A person's wish that something does not go. `deadline` is how long the warehouse is asked."""

    state: WishState
    deadline: datetime
    wake_at: datetime | None = None
    reason: str = ""


class WishStep(Enum):
    """What can be done for a wish now."""

    WITHDRAW = auto()
    WAIT = auto()
    ASK = auto()
    TOO_LATE = auto()


@dataclass(frozen=True)
class Agreed:
    """It is surely not there: taken back here, deleted there, or found gone."""

    reason: str


@dataclass(frozen=True)
class SaidNo:
    """The warehouse will not, or cannot any more."""

    reason: str


@dataclass(frozen=True)
class NoAnswer:
    """Nothing is known yet; ask again after `wait`."""

    wait: timedelta
    reason: str


def next_wish_step(*, is_open: bool, dispatch: str) -> WishStep:
    """Name what a wish needs, from how the sending stands. What may be on its way is waited for, never guessed."""
    if not is_open:
        return WishStep.TOO_LATE
    match dispatch:
        case DispatchState.READY:
            return WishStep.WITHDRAW
        case DispatchState.SENDING | DispatchState.SETTLING:
            return WishStep.WAIT
        case _:
            return WishStep.ASK


def decide_wish(wish: Wish, event: Agreed | SaidNo | NoAnswer, now: datetime) -> Wish:
    """Return the wish after the event. Raises UnexpectedEvent, and then nothing may change.

    A wish that was refused or has expired is fulfilled all the same once what it is about is found gone.
    """
    match wish.state, event:
        case ((WishState.ASKED | WishState.REFUSED | WishState.EXPIRED), Agreed(reason)):
            return replace(wish, state=WishState.ACCEPTED, wake_at=None, reason=reason)
        case WishState.ASKED, SaidNo(reason):
            return replace(wish, state=WishState.REFUSED, wake_at=None, reason=reason)
        case WishState.ASKED, NoAnswer(wait, reason):
            if now >= wish.deadline:
                return replace(wish, state=WishState.EXPIRED, wake_at=None, reason=reason)
            return replace(wish, wake_at=min(now + wait, wish.deadline), reason=reason)
        case _:
            raise UnexpectedEvent(f"{type(event).__name__} does not belong to a wish that is {wish.state}.")


def list_differences(meant: Mapping[str, Decimal], there: Mapping[str, Decimal]) -> tuple[str, ...]:
    """Compare quantities per SKU in base units and say each difference in words. Equal content gives nothing."""
    sentences = []
    for sku in sorted(meant.keys() | there.keys()):
        wanted, has = meant.get(sku, Decimal(0)), there.get(sku, Decimal(0))
        if wanted != has:
            sentences.append(f"{sku}: meant {format_quantity(wanted)}, there {format_quantity(has)}")
    return tuple(sentences)


def make_reference(*, order_number: str, marker: str, shipment_id: int, generation: int, longest: int) -> str:
    """Build the reference a warehouse will know it by: readable order number, our marker, our id.

    The id makes it unique whatever the number holds; characters a warehouse may stumble over become `-`, and the
    number is cut so that the whole is at most `longest` characters.
    """
    tail = f"-{marker}{shipment_id}" + (f"-G{generation}" if generation > 1 else "")
    return _readable(order_number)[: longest - len(tail)] + tail


def _readable(order_number: str) -> str:
    return "".join(char if char in REFERENCE_ALPHABET else "-" for char in order_number)


@dataclass(frozen=True)
class KnownReference:
    """A reference taken apart: what of the order's number it shows, and the shipment it was made for."""

    readable: str
    shipment_id: int
    generation: int

    def is_of(self, order_number: str) -> bool:
        """Say whether it may have been made of this order number, of which it shows at least the beginning."""
        written = _readable(order_number)
        return written == self.readable or (len(self.readable) >= SHORTEST_CUT and written.startswith(self.readable))


def read_reference(reference: str, *, marker: str) -> KnownReference | None:
    """Take a reference apart that this installation has made; None for any other."""
    found = re.fullmatch(rf"(.*)-{re.escape(marker)}(\d+)(?:-G(\d+))?", reference)
    if found is None:
        return None
    return KnownReference(found[1], int(found[2]), int(found[3] or 1))


def format_quantity(quantity: Decimal) -> str:
    """Write an exact quantity as people do: no exponent, no trailing zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
