"""Who a connector is: its key, its settings, what it can do and what it cannot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.runtime import Runtime
from dockline.connectors.contract.settings import ConnectorSettings


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
class Limits:
    """What the vendor's language cannot say; read before sending."""

    lots: bool = False
    partial_cancel: bool = False
    lines_per_order: int | None = None
    reference_length: int = 40


@dataclass(frozen=True)
class ConnectorSpec:
    """One connector, as the hub knows it. `key` is permanent once released.

    `open` takes the settings and a runtime and returns an object that fulfils the protocols of `capabilities`.
    `paces` names the limits the vendor sets, from the settings. `personal_keys` are the JSON names in the vendor's
    language whose values are personal data and are masked wherever a body is kept. `origin` is the one address
    (scheme, host, port) the connector may speak to, from the settings; empty means that it speaks to nobody.
    """

    key: str
    label: str
    status: Status
    settings: type[ConnectorSettings]
    capabilities: frozenset[Capability]
    open: Callable[[Any, Runtime], Any]
    limits: Limits = field(default_factory=Limits)
    paces: Callable[[Any], Mapping[str, Pace]] = field(default=lambda settings: {})
    personal_keys: frozenset[str] = frozenset()
    origin: Callable[[Any], str] = field(default=lambda settings: "")
