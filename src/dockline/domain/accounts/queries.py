"""What is asked about the organization and its accounts."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from dockline.domain.accounts.models import Account, ApiKey, Installation, Organization, User
from dockline.domain.accounts.rules import MARKER_ALPHABET, AccountId
from dockline.kit.errors import NotFound
from dockline.kit.measures import SizeUnit, WeightUnit


@dataclass(frozen=True)
class AccountRow:
    """One account, as a person chooses it."""

    id: AccountId
    name: str
    code: str
    timezone: str = "UTC"
    size_unit: SizeUnit = SizeUnit.CENTIMETRE
    weight_unit: WeightUnit = WeightUnit.KILOGRAM


@dataclass(frozen=True)
class UserRow:
    """One person who may sign in, or might not any more."""

    id: int
    username: str
    email: str
    is_active: bool
    last_login: datetime | None


@dataclass(frozen=True)
class KeyRow:
    """One API key, as people tell it from others. Without an account it is the organization's."""

    id: int
    name: str
    account_id: AccountId | None
    account_name: str
    hint: str
    created_at: datetime
    created_by: str
    used_at: datetime | None
    revoked_at: datetime | None


class UnknownAccount(NotFound):
    """There is no such account."""


def get_account(account_id: int) -> AccountRow:
    """Return one account. Raises UnknownAccount."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise UnknownAccount()
    return _account(account)


def find_organization_id() -> int | None:
    """Return the id of the organization, None before there is one."""
    return Organization.objects.order_by("id").values_list("id", flat=True).first()


def get_organization_name() -> str:
    """Return the name of the organization, empty before there is one."""
    return Organization.objects.order_by("id").values_list("name", flat=True).first() or ""


def list_users(*, limit: int = 200) -> tuple[UserRow, ...]:
    """List people by name."""
    rows = User.objects.order_by("username", "id").values_list("id", "username", "email", "is_active", "last_login")
    return tuple(UserRow(*row) for row in rows[:limit])


def list_accounts(*, limit: int = 200) -> tuple[AccountRow, ...]:
    """List accounts by name."""
    return tuple(_account(account) for account in Account.objects.order_by("name", "id")[:limit])


def find_key(digest: str) -> KeyRow | None:
    """Return the API key with this digest, unless it was revoked."""
    key = ApiKey.objects.select_related("account").filter(digest=digest, revoked_at__isnull=True).first()
    return _key(key) if key else None


def list_keys(*, limit: int = 500) -> tuple[KeyRow, ...]:
    """List API keys, those that were revoked last, the others by name."""
    keys = ApiKey.objects.select_related("account").order_by(F("revoked_at").desc(nulls_first=True), "name", "id")
    return tuple(_key(key) for key in keys[:limit])


def _account(account: Account) -> AccountRow:
    return AccountRow(
        id=AccountId(account.pk),
        name=account.name,
        code=account.code,
        timezone=account.timezone,
        size_unit=SizeUnit(account.size_unit),
        weight_unit=WeightUnit(account.weight_unit),
    )


def _key(key: ApiKey) -> KeyRow:
    return KeyRow(
        id=key.pk,
        name=key.name,
        account_id=None if key.account_id is None else AccountId(key.account_id),
        account_name=key.account.name if key.account else "",
        hint=key.hint,
        created_at=key.created_at,
        created_by=key.created_by,
        used_at=key.used_at,
        revoked_at=key.revoked_at,
    )


def get_marker() -> str:
    """Return the letters that tell this installation's references from those of any other."""
    installation, _ = Installation.objects.get_or_create(
        id=1, defaults={"marker": "".join(secrets.choice(MARKER_ALPHABET) for _ in range(4))}
    )
    return installation.marker
