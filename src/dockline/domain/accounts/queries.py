"""What is asked about the organization and its accounts."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from dockline.domain.accounts.models import Account, Installation, Organization, User
from dockline.domain.accounts.rules import MARKER_ALPHABET, AccountId
from dockline.kit.errors import NotFound


@dataclass(frozen=True)
class AccountRow:
    """One account, as a person chooses it."""

    id: AccountId
    name: str
    code: str
    timezone: str = "UTC"


@dataclass(frozen=True)
class UserRow:
    """One person who may sign in, or might not any more."""

    id: int
    username: str
    email: str
    is_active: bool
    last_login: datetime | None


class UnknownAccount(NotFound):
    """There is no such account."""


def get_account(account_id: int) -> AccountRow:
    """Return one account. Raises UnknownAccount."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise UnknownAccount()
    return AccountRow(AccountId(account.pk), account.name, account.code, account.timezone)


def get_organization_name() -> str:
    """Return the name of the organization, empty before there is one."""
    return Organization.objects.order_by("id").values_list("name", flat=True).first() or ""


def list_users(*, limit: int = 200) -> tuple[UserRow, ...]:
    """List people by name."""
    rows = User.objects.order_by("username", "id").values_list("id", "username", "email", "is_active", "last_login")
    return tuple(UserRow(*row) for row in rows[:limit])


def list_accounts(*, limit: int = 200) -> tuple[AccountRow, ...]:
    """List accounts by name."""
    rows = Account.objects.order_by("name", "id").values_list("id", "name", "code", "timezone")[:limit]
    return tuple(AccountRow(AccountId(pk), *rest) for pk, *rest in rows)


def get_marker() -> str:
    """Return the letters that tell this installation's references from those of any other."""
    installation, _ = Installation.objects.get_or_create(
        id=1, defaults={"marker": "".join(secrets.choice(MARKER_ALPHABET) for _ in range(4))}
    )
    return installation.marker
