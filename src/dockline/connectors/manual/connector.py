"""Keeps each exported shipment in the channel's own store, where a person finds it."""

from collections.abc import Mapping, Sequence

from dockline.connectors.contract import errors, messages, notices
from dockline.connectors.contract.runtime import Runtime
from dockline.connectors.manual.settings import ManualSettings
from dockline.connectors.toolkit import json

_PREFIX = "shipment:"
_FIRST_VERSION = 1


class Manual:
    """A warehouse worked by hand. It knows what was exported and nothing that happened after."""

    def __init__(self, settings: ManualSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._store = runtime.store

    def check(self) -> notices.CheckReport:
        """See the contract. There is nothing that could be missing."""
        detail = self._settings.note or "Shipments wait here for a person."
        return notices.CheckReport((notices.CheckStep("Ready", True, detail),))

    def export_shipment(self, message: messages.ShipmentMessage) -> notices.ShipmentNotice:
        """See the contract. The same message again is the same shipment; another one is refused."""
        key = _PREFIX + message.reference
        kept = self._store.get(key)
        written = json.encode(message).decode()
        if kept is None:
            self._store.put(key, written)
        elif _read(kept) != message:
            raise errors.Refused(
                f"{message.reference} was exported before with other content.",
                field="reference",
                existing_id=message.reference,
            )
        return _notice(message)

    def find_shipments(self, references: Sequence[str]) -> Mapping[str, tuple[notices.ShipmentNotice, ...]]:
        """See the contract."""
        found = {reference: self.read_shipment(reference) for reference in references}
        return {reference: (notice,) if notice else () for reference, notice in found.items()}

    def read_shipment(self, external_id: str) -> notices.ShipmentNotice | None:
        """See the contract. There are no packages: nobody here makes any."""
        kept = self._store.get(_PREFIX + external_id)
        return None if kept is None else _notice(_read(kept))

    def cancel_shipment(self, external_id: str) -> notices.CancelAnswer:
        """See the contract. Until it is confirmed here it waits here, so it is never too late."""
        self._store.forget(_PREFIX + external_id)
        return notices.CancelAnswer(done=True)


def _read(kept: str) -> messages.ShipmentMessage:
    return json.decode(kept.encode(), as_type=messages.ShipmentMessage)


def _notice(message: messages.ShipmentMessage) -> notices.ShipmentNotice:
    return notices.ShipmentNotice(
        external_id=message.reference,
        version=_FIRST_VERSION,
        reference=message.reference,
        status=notices.FarStatus.ACCEPTED,
        far_status="kept",
        lines=tuple(
            notices.ShipmentNoticeLine(
                sku=line.sku, quantity=line.quantity, base_quantity=line.base_quantity, line_ref=line.line_ref
            )
            for line in message.lines
        ),
    )
