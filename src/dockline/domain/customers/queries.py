"""What is asked about customers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.customers.models import Customer
from dockline.domain.customers.rules import CustomerContent, CustomerId
from dockline.kit.errors import NotFound

ROWS_AT_A_TIME = 2000


class UnknownCustomer(NotFound):
    """There is no such customer."""


@dataclass(frozen=True)
class CustomerRow:
    """One customer of an account."""

    id: CustomerId
    account_id: AccountId
    account_name: str
    content: CustomerContent


def count_customers(*, account_id: AccountId | None, text: str = "") -> int:
    """Count the customers whose code, name, company or email contains the text."""
    return _matching(account_id, text).count()


def list_customers(
    *, account_id: AccountId | None, text: str = "", offset: int = 0, limit: int = 50
) -> tuple[CustomerRow, ...]:
    """List customers by code."""
    page = _matching(account_id, text).select_related("account").order_by("code", "id")[offset : offset + limit]
    return tuple(map(_row, page))


def get_customer(customer_id: CustomerId) -> CustomerRow:
    """Return one customer. Raises UnknownCustomer."""
    customer = Customer.objects.select_related("account").filter(pk=customer_id).first()
    if customer is None:
        raise UnknownCustomer()
    return _row(customer)


def list_contents(account_id: int, *, codes: Sequence[str] | None = None) -> Iterator[CustomerContent]:
    """List the account's customers, or these of them, by code; read it to its end in one transaction."""
    customers = Customer.objects.filter(account_id=account_id)
    if codes is not None:
        customers = customers.filter(code__in=codes)
    yield from map(_content, customers.order_by("code").iterator(chunk_size=ROWS_AT_A_TIME))


def find_content(account_id: int, code: str) -> CustomerContent | None:
    """Return the account's customer of this code, if there is one."""
    return next(list_contents(account_id, codes=[code]), None)


def get_id(account_id: int, code: str) -> CustomerId:
    """Return the id of the account's customer of this code. Raises UnknownCustomer."""
    found = Customer.objects.filter(account_id=account_id, code=code).values_list("id", flat=True).first()
    if found is None:
        raise UnknownCustomer()
    return CustomerId(found)


def _matching(account_id: AccountId | None, text: str) -> QuerySet[Customer]:
    customers = Customer.objects.all() if account_id is None else Customer.objects.filter(account_id=account_id)
    if text:
        customers = customers.filter(
            Q(code__icontains=text)
            | Q(name__icontains=text)
            | Q(ship_to__company__icontains=text)
            | Q(ship_to__email__icontains=text)
        )
    return customers


def _row(customer: Customer) -> CustomerRow:
    account_id = AccountId(customer.account_id)
    return CustomerRow(CustomerId(customer.pk), account_id, customer.account.name, _content(customer))


def _content(customer: Customer) -> CustomerContent:
    return CustomerContent(customer.code, customer.name, customer.ship_to, customer.references)
