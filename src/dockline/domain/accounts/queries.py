"""What is asked about the organization and its accounts."""

import secrets
from dataclasses import dataclass

from dockline.domain.accounts.models import Account, Installation
from dockline.domain.accounts.rules import MARKER_ALPHABET, AccountId


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


def get_marker() -> str:
    """Return the letters that tell this installation's references from those of any other."""
    installation, _ = Installation.objects.get_or_create(
        id=1, defaults={"marker": "".join(secrets.choice(MARKER_ALPHABET) for _ in range(4))}
    )
    return installation.marker
