"""The only HTML made in Python."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import lucide
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dockline.domain.channels.rules import Health
from dockline.domain.dispatches.rules import DispatchState, WishState, format_quantity
from dockline.domain.orders.rules import OrderStatus
from dockline.domain.purchases.rules import PurchaseStatus
from dockline.domain.runs.queries import RunRow
from dockline.domain.runs.rules import RunState
from dockline.domain.shipments.rules import ShipmentStatus

register = template.Library()

TONES: dict[str, str] = {
    OrderStatus.DRAFT: "quiet",
    OrderStatus.APPROVED: "new",
    OrderStatus.FULFILLING: "busy",
    OrderStatus.SHIPPED: "good",
    OrderStatus.CANCELLED: "quiet",
    PurchaseStatus.RECEIVING: "busy",
    PurchaseStatus.RECEIVED: "good",
    ShipmentStatus.READY: "new",
    ShipmentStatus.SENT: "busy",
    ShipmentStatus.SHORT_SHIPPED: "warn",
    ShipmentStatus.REJECTED: "bad",
    DispatchState.SENDING: "busy",
    DispatchState.SETTLING: "warn",
    DispatchState.CONFIRMED: "good",
    DispatchState.DIFFERS: "bad",
    DispatchState.NEEDS_FIX: "bad",
    DispatchState.HELD: "bad",
    DispatchState.DUPLICATE: "bad",
    WishState.ASKED: "busy",
    WishState.ACCEPTED: "quiet",
    WishState.REFUSED: "warn",
    WishState.EXPIRED: "warn",
    RunState.WAITING: "new",
    RunState.RUNNING: "busy",
    RunState.FINISHED: "good",
    RunState.PROBLEMS: "warn",
    RunState.FAILED: "bad",
    RunState.STOPPED: "quiet",
}
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
BARS_WIDTH, BARS_HEIGHT, BARS = 112, 22, 14


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """Draw an icon; the words beside it say what it means."""
    return _draw(name, size)


@cache
def _draw(name: str, size: int) -> SafeString:
    return mark_safe(lucide._render_icon(name, size, **{"aria-hidden": "true", "focusable": "false"}))  # noqa: S308


@register.simple_tag
def chip(word: str, tone: str = "quiet") -> SafeString:
    """Say a state as word, dot and tone."""
    return format_html('<span class="chip {}">{}</span>', tone, word)


@register.simple_tag
def state_chip(state: Any) -> SafeString:
    """Say a state that carries its own words."""
    return chip(state.label, TONES.get(state, "quiet"))


@register.simple_tag
def chip_of_wish(wish: Any) -> SafeString:
    """Say how a wish stands, by what it is for."""
    return chip(wish.words, TONES[wish.state])


@register.simple_tag
def run_chip(state: str) -> SafeString:
    """Say how a run ended that may have left no trace but its state."""
    return state_chip(RunState(state)) if state in set(RunState) else SafeString()


@register.simple_tag
def order_chip(order: Any) -> SafeString:
    """Say how an order stands: why it rests comes before how far it is."""
    if order.needs_person:
        return chip("Needs a person", "bad")
    if order.is_on_hold:
        return chip("On hold", "warn")
    if order.is_backordered:
        return chip("Backordered", "warn")
    return state_chip(order.status)


@register.simple_tag
def health_chip(health: Health) -> SafeString:
    """Say how a channel is."""
    return chip(health.word, health.tone)


@register.simple_tag
def when(moment: datetime | None, never: str = "never") -> SafeString:
    """Say how long ago in words, the absolute time on hover; the script keeps the words fresh."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', never)
    seconds = (moment - timezone.now()).total_seconds()
    words = span(abs(seconds))
    words = f"in {words}" if seconds > 0 else f"{words} ago"
    return _time(moment, words)


def _time(moment: datetime, words: str, freshened_as: str = "") -> SafeString:
    absolute = moment.strftime("%a %d %b %Y, %H:%M:%S UTC")
    return format_html(
        '<time datetime="{}" title="{}" data-fresh="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        absolute,
        freshened_as,
        words,
    )


@register.simple_tag
def due(moment: datetime | None) -> SafeString:
    """Say when something comes next; what is late is due now."""
    if moment is None:
        return when(moment)
    seconds = (moment - timezone.now()).total_seconds()
    return _time(moment, f"in {span(seconds)}" if seconds > 0 else "now", "due")


@register.filter
def span(seconds: float) -> str:
    """Say a duration in its largest unit."""
    for size, unit in UNITS:
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{int(seconds // size)} {unit}"
    return "0 s"


@register.filter
def quantity(value: Decimal) -> str:
    """Write an exact quantity as people do."""
    return format_quantity(value)


@register.filter
def moved(value: Decimal) -> str:
    """Write by how much something moved, with its sign; nothing where it stood still."""
    return f"+{format_quantity(value)}" if value > 0 else format_quantity(value) if value else ""


@register.filter
def grouped(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{value:,}"


@register.simple_tag
def copy(value: str, label: str = "Copy", tail: int = 0) -> SafeString:
    """Offer a text to be copied, perhaps showing its end only."""
    return format_html(
        '<button type="button" class="copy" data-copy="{0}" title="{0}"><span class="sr">{1} </span>'
        '<code class="{2}">{3}</code></button>',
        value,
        label,
        "tail" if tail and len(value) > tail else "",
        value[-tail:] if tail else value,
    )


@register.simple_tag
def copy_id(kind: str, number: int) -> SafeString:
    """Offer an id with its kind, such as run_132."""
    return copy(f"{kind}_{number}", f"Copy {kind} id")


@register.simple_tag
def bars(runs: Sequence[RunRow]) -> SafeString:
    """Draw the latest runs as bars, oldest first: height is what changed, colour how it ended."""
    shown = list(runs)[:BARS][::-1]
    if not shown:
        return mark_safe('<span class="muted">no runs yet</span>')
    top = max(run.changed + run.failed for run in shown) or 1
    step = BARS_WIDTH / BARS
    drawn = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>', _bars(shown, top))
    failed = sum(run.state == RunState.FAILED for run in shown)
    problems = sum(run.state == RunState.PROBLEMS for run in shown)
    return format_html(
        '<svg class="bars" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-label="Last {2} runs: {3} failed, {4} with problems">{5}</svg>',
        round(step * len(shown)),
        BARS_HEIGHT,
        len(shown),
        failed,
        problems,
        drawn,
    )


def _bars(runs: Sequence[RunRow], top: int) -> list[tuple[str, float, float, float, float]]:
    step = BARS_WIDTH / BARS
    drawn = []
    for position, run in enumerate(runs):
        height = round(max(3.0, (BARS_HEIGHT - 2) * (run.changed + run.failed) / top), 1)
        drawn.append(
            (TONES[run.state], round(position * step, 1), round(BARS_HEIGHT - height, 1), round(step - 2.5, 1), height)
        )
    return drawn


@register.simple_tag(takes_context=True)
def q(context: Context, **changes: Any) -> str:
    """Return this page's address with some parameters changed; empty ones are dropped, and so is the page."""
    request = context["request"]
    parameters = request.GET.copy()
    for name in ("page", "after", *changes):
        parameters.pop(name, None)
    for name, value in changes.items():
        if value not in (None, ""):
            parameters[name] = str(value)
    for name in [name for name, value in parameters.items() if value == ""]:
        del parameters[name]
    return f"{request.path}?{parameters.urlencode()}" if parameters else str(request.path)
