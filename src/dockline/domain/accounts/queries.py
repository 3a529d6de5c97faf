"""What is asked about the organization and its accounts."""

from dataclasses import dataclass

from dockline.domain.accounts.models import Account, Organization
from dockline.domain.accounts.rules import AccountId


@dataclass(frozen=True)
class AccountRow:
    """One account, as a person chooses it."""

    id: AccountId
    name: str
    code: str


def list_accounts(*, limit: int = 200) -> tuple[AccountRow, ...]:
    """List accounts by name."""
    rows = Account.objects.order_by("name", "id").values_list("id", "name", "code")[:limit]
    return tuple(AccountRow(AccountId(pk), name, code) for pk, name, code in rows)


def find_organization_name() -> str:
    """Return the name of the company that runs this installation, or nothing before set-up."""
    return Organization.objects.order_by("id").values_list("name", flat=True).first() or ""
