"""What was shown of a connector: the file beside its spec, written from the conformance tests that passed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources

FILE = "certificate.toml"


class Sending(StrEnum):
    """How often a record arrives that was sent once, whatever happens on the way."""

    EXACTLY_ONCE = "exactly-once"
    AT_LEAST_ONCE = "at-least-once"
    TO_NOBODY = "to-nobody"


class Lots(StrEnum):
    """Which way lots go."""

    SENT = "sent"
    RECEIVED = "received"


class Cancelling(StrEnum):
    """Who says whether a shipment that was sent is still cancelled."""

    WAREHOUSE_DECIDES = "warehouse-decides"
    AT_ONCE = "at-once"


@dataclass(frozen=True)
class Certificate:
    """What tests have shown; what none has shown is absent. `shown_by` names them by the field they show.

    `longest_silence_seconds` is how long a call waits for its answer before the answer counts as lost.
    """

    sending: Sending | None = None
    lots: tuple[Lots, ...] = ()
    cancelling: Cancelling | None = None
    longest_silence_seconds: int | None = None
    shown_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read(package: str) -> Certificate:
    """Read the certificate of a connector's package; without a file nothing is shown."""
    file = resources.files(package) / FILE
    if not file.is_file():
        return Certificate()
    said = tomllib.loads(file.read_text())
    return Certificate(
        sending=Sending(said["sending"]) if "sending" in said else None,
        lots=tuple(map(Lots, said.get("lots", ()))),
        cancelling=Cancelling(said["cancelling"]) if "cancelling" in said else None,
        longest_silence_seconds=said.get("longest_silence_seconds"),
        shown_by={name: tuple(tests) for name, tests in said["shown_by"].items()},
    )
