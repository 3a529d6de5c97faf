"""The customers master list as a table. Writes customers and history, which never says who somebody is."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.customers import operations as customers
from dockline.domain.customers import queries as customer_queries
from dockline.domain.customers.rules import LONGEST_CODE, LONGEST_NAME, CustomerContent, CustomerId
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.orders import staging
from dockline.domain.orders.rules import ADDRESS, NEEDED_OF_ADDRESS
from dockline.domain.tables.rules import CHANGES, Cells, GivenRow, ImportMode, JudgedRow, Outcome, Shape, judge_row
from dockline.flows.data import cells as reading
from dockline.flows.data.kind import Change, Kind, WayIn, read_cells, understand
from dockline.flows.data.order_cells import LONGEST_REFERENCES, make_address_readers
from dockline.kit.errors import Invalid
from dockline.kit.sheet import SheetRow

SUBJECT = "customer"
COLUMNS = ("customer", "name", *ADDRESS, "references")
SHAPE = Shape(COLUMNS, ("customer",), (LONGEST_CODE, LONGEST_NAME, *(200,) * len(ADDRESS), LONGEST_REFERENCES))
LABELS = {
    "customer": "Code",
    "name": "Name",
    "company": "Company",
    "contact": "Contact",
    "line_1": "Address line 1",
    "line_2": "Address line 2",
    "suburb": "Suburb",
    "city": "City",
    "state": "State",
    "postcode": "Postcode",
    "country": "Country",
    "phone": "Phone",
    "email": "Email",
    "references": "References",
}
READERS = make_address_readers(needed=NEEDED_OF_ADDRESS) | {
    "customer": reading.read_text("customer", longest=LONGEST_CODE, needed=True),
    "name": reading.read_text("name", longest=LONGEST_NAME, needed=True),
    "references": reading.read_references("references"),
}


def say(one: CustomerContent) -> Cells:
    """Write a customer as the cells of a row."""
    address = (one.ship_to.get(part, "") for part in ADDRESS)
    return (one.code, one.name, *address, staging.write_texts(one.references))


def _content(cells: Cells) -> CustomerContent:
    code, name, *address, references = cells
    ship_to = {part: text for part, text in zip(ADDRESS, address, strict=True) if text}
    return CustomerContent(code, name, ship_to, reading.take_texts(references))


def _list(account: AccountRow) -> Iterator[Cells]:
    return map(say, customer_queries.list_contents(account.id))


def _find(account: AccountRow, names: Sequence[Cells]) -> Mapping[Cells, Cells]:
    found = map(say, customer_queries.list_contents(account.id, codes=[code for (code,) in names]))
    return {SHAPE.key_of(cells): cells for cells in found}


def _read(account: AccountRow, rows: Sequence[SheetRow], there: Mapping[Cells, Cells]) -> Sequence[GivenRow]:
    return understand(rows, lambda cells: read_cells(SHAPE, cells, READERS))


def _write(change: Change, rows: Sequence[JudgedRow]) -> None:
    ids = customers.put_customers(change.account.id, [_content(row.cells) for row in rows])
    facts = [
        Fact(change.account.id, row.outcome, SUBJECT, ids[row.cells[0]], _tell(row), {"source": change.source})
        for row in rows
    ]
    history.remember(facts, actor=change.actor, now=change.now)


def _tell(row: JudgedRow) -> str:
    """Say which columns changed and never what they hold: history is not edited, and people may be forgotten."""
    if row.outcome == Outcome.ADDED or row.before is None:
        return f"Customer {row.cells[0]} was added."
    changed = [name for name, was, now in zip(COLUMNS, row.before, row.cells, strict=True) if was != now]
    return f"Customer {row.cells[0]} was changed: {', '.join(changed)}."


@transaction.atomic
def put_customer(account_id: int, cells: Cells, *, is_new: bool, actor: str, now: datetime) -> CustomerId:
    """Add or change one customer by hand, judged as a row of a table is. Raises Invalid, which names the field."""
    account, code = accounts.get_account(account_id), cells[0]
    there = _find(account, [(code,)])
    if is_new and there:
        raise Invalid(f"Customer {code} is there already. Change that one, or give another code.", field="customer")
    (given,) = _read(account, [SheetRow(1, cells)], there)
    row = judge_row(given, there.get((code,)), ImportMode.UPSERT)
    if row.reason:
        raise Invalid(f"{LABELS[row.field]} {row.reason}.", field=row.field)
    if row.outcome in CHANGES:
        _write(Change(account, actor, "", now), [row])
    return customer_queries.get_id(account_id, code)


@transaction.atomic
def forget_customer(customer_id: CustomerId, *, actor: str, now: datetime) -> str:
    """Take a customer off the list, and return the code. Raises UnknownCustomer."""
    customer = customer_queries.get_customer(customer_id)
    customers.remove_customer(customer_id)
    code = customer.content.code
    fact = Fact(customer.account_id, Outcome.REMOVED, SUBJECT, customer_id, f"Customer {code} was taken off the list.")
    history.remember([fact], actor=actor, now=now)
    return code


CUSTOMERS = Kind(
    name="customers",
    label="Customers",
    about="Who goods are sent to, by a code: name, address, references. An order by API may name one. Personal data.",
    shape=SHAPE,
    list_cells=_list,
    way_in=WayIn(_find, _read, _write),
)
