"""Change the master list of customers."""

from collections.abc import Sequence

from dockline.domain.customers.models import Customer
from dockline.domain.customers.rules import CustomerContent, CustomerId


def put_customers(account_id: int, contents: Sequence[CustomerContent]) -> dict[str, CustomerId]:
    """Add customers, or change those of the same code, in one statement; return their ids by code."""
    customers = Customer.objects.bulk_create(
        [
            Customer(
                account_id=account_id,
                code=one.code,
                name=one.name,
                ship_to=dict(one.ship_to),
                references=dict(one.references),
            )
            for one in contents
        ],
        update_conflicts=True,
        unique_fields=["account", "code"],
        update_fields=["name", "ship_to", "references"],
    )
    return {customer.code: CustomerId(customer.pk) for customer in customers}


def remove_customer(customer_id: CustomerId) -> None:
    """Take a customer off the list, with all that is known of them. What orders hold stays theirs."""
    Customer.objects.filter(pk=customer_id).delete()
