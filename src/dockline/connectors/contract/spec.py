"""Who a connector is: its key, its settings, what it can do and what it cannot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.certificate import Certificate
from dockline.connectors.contract.runtime import Runtime
from dockline.connectors.contract.settings import ConnectorSettings


class Offer(StrEnum):
    """What the master list says of a connector, beside what follows from its capabilities and mappings."""

    SUPPRESSES_PERSONAL = "suppresses_personal"
    RECEIVES_LOTS = "receives_lots"
    NEEDS_NO_REGISTRATION = "needs_no_registration"


@dataclass(frozen=True)
class Confirmation:
    """A setting over there that changes orders behind our back and that no call can read: a person confirms it."""

    key: str
    title: str
    reason: str


class Status(StrEnum):
    """How far a connector has come."""

    PREVIEW = "preview"
    SUPPORTED = "supported"
    UNMAINTAINED = "unmaintained"


@dataclass(frozen=True)
class Pace:
    """At most one request in `seconds_between`, shared by everybody who speaks through the channel."""

    seconds_between: float


@dataclass(frozen=True)
class Rhythm:
    """How often a recurring job may run: the periods a person may choose from, and the one it begins with.

    `reach` says in a sentence, made from the settings, how far each run looks back behind the last. `safety_seconds` is
    the period it begins with where webhooks tell when to look: often enough for those that get lost.
    """

    periods_seconds: tuple[int, ...]
    default_seconds: int
    reach: Callable[[Any], str] = field(default=lambda settings: "")
    safety_seconds: int = 0


@dataclass(frozen=True)
class Limits:
    """What the vendor's language cannot say; read before sending."""

    lots: bool = False
    partial_cancel: bool = False
    lines_per_order: int | None = None
    reference_length: int = 40


class MeasuredIn(StrEnum):
    """Who says in which units a vendor's sizes and weights of products are.

    Dynamic: every product says its own; ours are sent in the unit of the channel's setting. Static: the vendor or its
    customer's account fixes them, and the channel's setting must say the same. None: the vendor knows no units, so the
    channel's setting decides both ways.
    """

    DYNAMIC = "dynamic"
    STATIC = "static"
    NONE = "none"


@dataclass(frozen=True)
class Measures:
    """Which sizes and weights of products are exchanged. A side without units, such as `("cm", "in")`, is not.

    `advice` tells a person in a sentence how to choose.
    """

    measured_in: MeasuredIn = MeasuredIn.NONE
    sizes: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True)
class WebhookKind:
    """One kind of call the vendor makes to us. It is a hint to use the ability `hints_at` now, and nothing more.

    `key` ends its address; `label` is what the vendor's people call what it is about, and `when` what makes them call.
    """

    key: str
    label: str
    when: str
    hints_at: Capability


@dataclass(frozen=True)
class Webhooks:
    """The calls a vendor can make to us with JSON. The key comes as `Authorization: Bearer`, or in `header`.

    Where the vendor can say it in the address alone, `query` names the parameter. `id_name` is the member of the body
    that holds their id: it is kept for people, and nothing is done with it. `request` is what to ask the vendor's
    people, in sentences made from the settings; addresses and header are written below it.
    """

    kinds: tuple[WebhookKind, ...]
    request: Callable[[Any], str]
    header: str = ""
    query: str = ""
    id_name: str = "id"


class ReferenceLevel(StrEnum):
    """Where a reference stands: on an order or on one of its lines."""

    SALES_ORDER = "sales_order"
    SALES_ORDER_LINE = "sales_order_line"
    PURCHASE_ORDER = "purchase_order"
    PURCHASE_ORDER_LINE = "purchase_order_line"


@dataclass(frozen=True)
class Property:
    """A field of the vendor's that takes one reference.

    A name that ends in `*`, such as `references.*`, stands for any name of letters, digits and underscores in its
    place but those `reserved`. `taken_by` names a setting: the field whose last word it holds is the connector's own.
    """

    name: str
    label: str
    longest: int
    taken_by: str = ""
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReferenceTarget:
    """Where references of one level can go. `custom` is the open property for those without a mapping, if any."""

    properties: tuple[Property, ...]
    custom: str = ""


@dataclass(frozen=True)
class Mappings:
    """What may be translated on the way to the vendor and back. A level that is absent takes no references."""

    skus: bool = True
    carriers: bool = False
    references: Mapping[ReferenceLevel, ReferenceTarget] = field(default_factory=dict)


@dataclass(frozen=True)
class ConnectorSpec:
    """One connector, as the hub knows it. `key` is permanent once released.

    `open` takes the settings and a runtime and returns an object that fulfils the protocols of `capabilities`.
    `paces` names the limits the vendor sets, from the settings. `rhythms` are the abilities that may recur by
    themselves. `personal_keys` are the JSON names in the vendor's
    language whose values are personal data and are masked wherever a body is kept. `origin` is the one address
    (scheme, host, port) the connector may speak to, from the settings; empty means that it speaks to nobody.
    `personal_parts` are the parts of an `Address`, and perhaps the `instructions`, that it can do without when personal
    data are suppressed. `setup_steps`
    are what a person does over there before connecting, in their order. `webhooks` are the calls the vendor can make,
    if any. `measures` are the units in which sizes and weights of products are exchanged; without any none is.
    `certificate` is not for the connector to give: it is read from beside the spec.
    """

    key: str
    label: str
    status: Status
    settings: type[ConnectorSettings]
    capabilities: frozenset[Capability]
    open: Callable[[Any, Runtime], Any]
    limits: Limits = field(default_factory=Limits)
    mappings: Mappings = field(default_factory=Mappings)
    paces: Callable[[Any], Mapping[str, Pace]] = field(default=lambda settings: {})
    rhythms: Mapping[Capability, Rhythm] = field(default_factory=dict)
    personal_keys: frozenset[str] = frozenset()
    origin: Callable[[Any], str] = field(default=lambda settings: "")
    offers: frozenset[Offer] = frozenset()
    personal_parts: tuple[str, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    setup_steps: tuple[str, ...] = ()
    webhooks: Webhooks | None = None
    measures: Measures = field(default_factory=Measures)
    certificate: Certificate = field(default_factory=Certificate)
