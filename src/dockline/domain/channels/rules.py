"""What a channel may be: states, choices, how it reacts to failure. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from ipaddress import ip_address
from typing import NewType
from urllib.parse import urlsplit

from dockline.kit.choices import Choice

ChannelId = NewType("ChannelId", int)

SHORTEST_SETTLE_SECONDS = 300
"""Below five minutes absence there proves nothing, except at a simulator on this machine."""


PROBE_SECONDS = 40
"""How long others wait for what a probe finds: a little longer than its call may take."""

CLOCKS_MAY_DIFFER = timedelta(minutes=5)
"""A far side's clock that is further from this machine's is told to a person."""

SHORTEST_TAILED = 16
"""A secret shorter than this is not shown even in part."""

FORMER, FORMER_KEPT = "former secret ", timedelta(days=90)
"""A secret that was replaced is kept sealed for this long, and masked wherever the far side still says it."""


class ChannelState(Choice):
    """Whether a channel's work goes on."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    DISABLED = "disabled", "Disabled"
    DELETED = "deleted", "Deleted"


class Passage(Enum):
    """Whether a channel's far side may be called: a probe is one call that shows whether it is well again."""

    OPEN = auto()
    PROBE = auto()
    CLOSED = auto()


class AutomationMode(Choice):
    """What starts a channel's automations."""

    RECURRING = "recurring", "Recurring"
    WEBHOOK = "webhook", "Webhook"


class Severity(Choice):
    """What a failed validation does: hold the shipment for a person, or go on with a note."""

    ERROR = "error", "Error"
    WARNING = "warning", "Warning"


class BackorderMode(Choice):
    """Who decides what happens when stock is short."""

    HUB = "hub", "Manage in Dockline"
    CHANNEL = "channel", "Manage in Fulfillment Channel"


class ProductDescription(Choice):
    """The product description to send to the channel."""

    VARIANT = "variant", "Product Variant Name"
    PRODUCT_AND_VARIANT = "product_variant", "Product Name + Product Variant Name"


class Validation(Choice):
    """What is asked of a shipment before it is sent, and of what is said to have shipped."""

    CARRIER = "carrier", "Carrier or service not mapped"
    RECIPIENT = "recipient", "Recipient has no name"
    ADDRESS = "address", "Address incomplete"
    PHONE = "phone", "Phone missing"
    EMAIL = "email", "Email missing"
    LOT = "lot", "Lot missing on a shipped line"
    SURPLUS = "surplus", "More or other goods shipped than asked"


DEFAULT_SEVERITIES = {
    Validation.CARRIER: Severity.ERROR,
    Validation.RECIPIENT: Severity.WARNING,
    Validation.ADDRESS: Severity.WARNING,
    Validation.PHONE: Severity.WARNING,
    Validation.EMAIL: Severity.WARNING,
    Validation.LOT: Severity.WARNING,
    Validation.SURPLUS: Severity.ERROR,
}


@dataclass(frozen=True)
class Health:
    """A channel's condition in one word, with the reason a person reads."""

    word: str
    tone: str
    reason: str


def severity_of(severities: Mapping[str, str], validation: Validation) -> Severity:
    """How a channel takes it when a validation fails; what an older release switched off is a warning."""
    stored = severities.get(validation, DEFAULT_SEVERITIES[validation])
    return Severity.ERROR if stored == Severity.ERROR else Severity.WARNING


def describe_product(choice: str, *, product_name: str, variant_name: str) -> str:
    """Name a product as the channel wants it, such as "Cotton T-shirt - L" for both names."""
    if choice == ProductDescription.PRODUCT_AND_VARIANT and product_name and product_name != variant_name:
        return f"{product_name} - {variant_name}"
    return variant_name


def tail_of(secret: str) -> str:
    """The end of a secret that may be shown to tell it from another: four characters of a long one, none of a short."""
    return secret[-4:] if len(secret) >= SHORTEST_TAILED else ""


def shortest_settle_seconds(address: str) -> int:
    """How short the settle window may be for the system at this address: any length on this machine, else 5 min."""
    return 1 if is_this_machine(address) else SHORTEST_SETTLE_SECONDS


def is_this_machine(address: str) -> bool:
    """Say whether an address is of this machine alone, where only a simulator can be."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def back_off(failures_in_a_row: int, *, asked_seconds: float | None) -> timedelta:
    """How long a channel rests after it could not be reached: what it asked, else 1 s doubling up to 1 min."""
    if asked_seconds is not None:
        return timedelta(seconds=min(max(asked_seconds, 1.0), 3600.0))
    return timedelta(seconds=min(2.0 ** min(failures_in_a_row, 6), 60.0))


def judge_passage(*, state: str, failures_in_a_row: int, retry_at: datetime | None, now: datetime) -> Passage:
    """Say who may call: nobody while the channel rests, and one alone after it could not be reached."""
    if state != ChannelState.ACTIVE or (retry_at is not None and retry_at > now):
        return Passage.CLOSED
    return Passage.PROBE if failures_in_a_row > 0 else Passage.OPEN


def spread(wait: timedelta, chance: float) -> timedelta:
    """Rest up to a quarter longer, by a chance between 0 and 1, so that not all channels come back at once."""
    return wait * (1 + chance / 4)


def judge_health(
    *, state: str, state_reason: str, failures_in_a_row: int, failure: str, succeeded_at: datetime | None
) -> Health:
    """Sum up a channel for a person."""
    if state == ChannelState.PAUSED:
        return Health("Needs a person", "bad", state_reason)
    if state == ChannelState.DELETED:
        return Health("Deleted", "quiet", state_reason)
    if state == ChannelState.DISABLED:
        return Health("Disabled", "quiet", state_reason)
    if failures_in_a_row > 0:
        return Health("Not reached", "warn", failure)
    if succeeded_at is None:
        return Health("New", "quiet", "Nothing has been exchanged yet.")
    return Health("Healthy", "good", "")
