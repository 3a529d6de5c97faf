"""A channel's mappings, gathered for some shipments and put to use: what to say there, and what it means here.

Reads mappings. Writes when they were last used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dockline.connectors.contract.notices import ShipmentNotice
from dockline.connectors.contract.spec import ConnectorSpec, ReferenceLevel
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import Severity, Validation, severity_of
from dockline.domain.mappings import operations as mappings
from dockline.domain.mappings import queries as mapping_queries
from dockline.domain.mappings.rules import CarrierRow, Level, Place, Sorted, say_carrier, sort_references
from dockline.domain.shipments.rules import Carried, ShipmentToSend
from dockline.flows.outbound import messages
from dockline.flows.outbound.messages import Translation
from dockline.gateway import directory

_HEADER, _LINE = ReferenceLevel.SALES_ORDER, ReferenceLevel.SALES_ORDER_LINE


@dataclass
class Book:
    """What a channel's mappings say of some shipments, and which of them were used."""

    channel_name: str
    carriers: Sequence[CarrierRow]
    asks_for_carriers: bool
    holds_without_carrier: bool
    skus: Mapping[int, str]
    taken: Mapping[int, str]
    properties: Mapping[str, Mapping[str, str]]
    levels: Mapping[str, Level]
    used_carriers: set[int] = field(default_factory=set)
    used_variants: set[int] = field(default_factory=set)
    used_codes: dict[str, set[str]] = field(default_factory=dict)

    def translate(self, shipment: ShipmentToSend) -> Translation:
        """Put a shipment's codes into the channel's words, or say which mapping is missing."""
        troubles: list[str] = []
        notes: list[str] = []
        carrier, service, wrong = self._carrier(shipment)
        (troubles if self.holds_without_carrier else notes).extend(wrong)
        troubles += self._taken_skus(shipment)

        header = self._references(_HEADER, shipment.references)
        of_lines = {
            line.line_id: self._references(_LINE, line.references) for line in shipment.lines if line.references
        }
        for found in (header, *of_lines.values()):
            troubles += [f"Reference {sentence}." for sentence in found.troubles]
            notes += [f"Reference {code} has nowhere to go at {self.channel_name}." for code in found.left_out]

        self.used_variants.update(self.skus.keys() & {line.variant_id for line in shipment.lines})
        return Translation(
            skus={line.line_id: self.skus.get(line.variant_id, line.sku) for line in shipment.lines},
            carrier=carrier,
            service=service,
            extra=header.said,
            line_extras={line_id: found.said for line_id, found in of_lines.items() if found.said},
            troubles=tuple(troubles),
            notes=tuple(notes),
        )

    def list_sent_skus(self, shipments: Sequence[ShipmentToSend]) -> dict[int, str]:
        """The SKU each line is sent under, by line id; empty where it is ours."""
        return {
            line.line_id: "" if (said := self.skus.get(line.variant_id, line.sku)) == line.sku else said
            for shipment in shipments
            for line in shipment.lines
        }

    def _carrier(self, shipment: ShipmentToSend) -> tuple[str, str, list[str]]:
        asked = (shipment.carrier, shipment.service)
        if not any(asked) or not self.asks_for_carriers:
            return (*asked, [])
        row = say_carrier(self.carriers, *asked)
        if row is None:
            named = " / ".join(filter(None, asked))
            return (*asked, [f"{named} is not mapped at {self.channel_name}. Add it to the Carrier Mappings."])
        self.used_carriers.add(row.id)
        return row.channel_carrier, row.channel_service, []

    def _taken_skus(self, shipment: ShipmentToSend) -> list[str]:
        if not self.taken:
            return []
        return [
            f"{line.sku} is the channel SKU of {owner} at {self.channel_name}. Map {line.sku} in the SKU Mappings."
            for line in shipment.lines
            if (owner := self.taken.get(line.variant_id)) and line.variant_id not in self.skus
        ]

    def _references(self, level: str, references: Mapping[str, str]) -> Sorted:
        if not references:
            return Sorted({})
        mapped = self.properties.get(level, {})
        found = sort_references(references, mapped, self.levels.get(level))
        self.used_codes.setdefault(level, set()).update(code for code in references if code in mapped)
        return found


def open_book(shipments: Sequence[ShipmentToSend], connection: Connection, spec: ConnectorSpec) -> Book:
    """Gather what the channel's mappings say of these shipments."""
    lines = {line.variant_id: line.sku for shipment in shipments for line in shipment.lines}
    asks = spec.mappings.carriers and any(shipment.carrier or shipment.service for shipment in shipments)
    refers = any(shipment.references or any(line.references for line in shipment.lines) for shipment in shipments)
    skus = mapping_queries.get_channel_skus(connection.channel_id, list(lines))
    unmapped = {variant_id: sku for variant_id, sku in lines.items() if variant_id not in skus}
    return Book(
        channel_name=connection.name,
        carriers=mapping_queries.list_carrier_rows(connection.channel_id) if asks else (),
        asks_for_carriers=spec.mappings.carriers,
        holds_without_carrier=severity_of(connection.severities, Validation.CARRIER) is Severity.ERROR,
        skus=skus,
        taken=mapping_queries.find_taken(connection.channel_id, unmapped),
        properties=mapping_queries.get_properties(connection.channel_id) if refers else {},
        levels=describe_levels(spec, connection.plain) if refers else {},
    )


def note_use(book: Book, connection: Connection, *, now: datetime) -> None:
    """Note which mappings were used, so that the pages can name those that never are."""
    if book.used_carriers:
        mappings.note_carriers_used(book.used_carriers, now=now)
    if book.used_variants:
        mappings.note_skus_used(connection.channel_id, variant_ids=book.used_variants, now=now)
    mappings.note_references_used(connection.channel_id, codes=book.used_codes, now=now)


def describe_levels(spec: ConnectorSpec, plain: Mapping[str, object]) -> dict[str, Level]:
    """Say where references may go at a channel: what the connector declares, less what its settings have taken."""
    return {
        str(level): Level(
            tuple(
                Place(
                    name=one.name,
                    label=one.label,
                    longest=one.longest,
                    reserved=one.reserved,
                    is_taken=bool(one.taken_by) and plain.get(one.taken_by) == one.name.rpartition(".")[2],
                )
                for one in target.properties
            ),
            target.custom,
        )
        for level, target in spec.mappings.references.items()
    }


def read_notices(
    notices: Sequence[tuple[ShipmentNotice, Sequence[Carried]]], connection: Connection
) -> list[ShipmentNotice]:
    """Put what the far side says of shipments into our words; each comes with the lines it is about."""
    foreign = {
        line.sku
        for notice, lines in notices
        for line in notice.lines
        if line.sku not in {carried.sent_sku or carried.sku for carried in lines}
    }
    own = mapping_queries.get_own_skus(connection.channel_id, sorted(foreign)) if foreign else {}
    carriers: Sequence[CarrierRow] = ()
    if directory.get_connector(connection.connector).mappings.carriers and any(one.packages for one, _ in notices):
        carriers = mapping_queries.list_carrier_rows(connection.channel_id)
    return [messages.read_in_our_words(notice, lines, own_skus=own, carriers=carriers) for notice, lines in notices]
