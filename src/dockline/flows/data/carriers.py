"""The carriers master list as a table. Writes carriers, services and history."""

from collections.abc import Iterator, Mapping, Sequence

from dockline.domain.accounts.queries import AccountRow
from dockline.domain.carriers import operations as carriers
from dockline.domain.carriers import queries as carrier_queries
from dockline.domain.carriers.rules import COLUMNS, LONGEST_CODE, LONGEST_NAME, CarrierLine, find_trouble
from dockline.domain.tables.rules import Cells, GivenRow, JudgedRow, Shape
from dockline.flows.data.kind import Change, Kind, Trouble, WayIn, understand
from dockline.kit.errors import Invalid
from dockline.kit.sheet import SheetRow

SHAPE = Shape(COLUMNS, ("carrier", "service"), (LONGEST_CODE, LONGEST_NAME, LONGEST_CODE, LONGEST_NAME))


def _cells(line: CarrierLine) -> Cells:
    return (line.carrier, line.carrier_name, line.service, line.service_name)


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(_cells, carrier_queries.list_lines(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(_cells, carrier_queries.find_lines(account.id, {carrier for carrier, _ in names}))
    wanted = set(names)
    return {key: cells for cells in found if (key := SHAPE.key_of(cells)) in wanted}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    """Read lines; a carrier has one name in all of them, and a name that is left out stays or is the code."""
    known = {line.carrier: line.carrier_name for line in carrier_queries.find_lines(account.id, _codes(rows))}
    said: dict[str, str] = {}
    for row in rows:
        if row.cells[1]:
            said.setdefault(row.cells[0], row.cells[1])

    def read(cells: Cells) -> Cells:
        carrier, carrier_name, service, service_name = cells
        if trouble := find_trouble(CarrierLine(*cells)):
            raise Trouble(trouble.field, trouble.reason)
        name = said.get(carrier) or known.get(carrier) or carrier
        if carrier_name and carrier_name != name:
            raise Trouble("carrier_name", f"is {name} in another row. A carrier has one name")
        before = there.get((carrier, service))
        return (carrier, name, service, service_name or (before[3] if before else service))

    return understand(rows, read)


def _codes(rows: Sequence[SheetRow]) -> set[str]:
    return {row.cells[0] for row in rows}


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    lines = [(row.at_row, CarrierLine(*row.cells)) for row in rows]
    try:
        carriers.merge_lines(change.account.id, lines, actor=change.actor, now=change.now)
    except carriers.BadLines as bad:
        raise Invalid(bad.message, field="carrier") from None


CARRIERS = Kind(
    name="carriers",
    label="Carriers",
    about="The carriers master list: a row without a service is the carrier itself.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write),
)
