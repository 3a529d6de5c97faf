"""Keys of programs: made, recognised, revoked. A key is shown when it is made and never again."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dockline.domain.accounts import operations as accounts
from dockline.domain.accounts import queries as account_queries
from dockline.domain.accounts.queries import KeyRow
from dockline.domain.accounts.rules import KEY_PREFIX, digest_key
from dockline.flows.changes import Subject, remember_deed
from dockline.kit.errors import NotFound

KEY_BYTES = 32
HINT_LENGTH = 8


@dataclass(frozen=True)
class NewKey:
    """A key just made. `key` is the secret itself."""

    id: int
    key: str


@transaction.atomic
def add_key(*, name: str, account_id: int | None, actor: str, now: datetime) -> NewKey:
    """Make a key for one account, or for the organization with None. Raises Invalid, Conflict, NotFound."""
    if account_id is not None:
        account_queries.get_account(account_id)
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key_id = accounts.add_key(
        account_id=account_id, name=name, digest=digest_key(key), hint=key[:HINT_LENGTH], actor=actor, now=now
    )
    remember_deed(_subject(account_id), "key.added", f"API key {name} added.", actor=actor, now=now)
    return NewKey(key_id, key)


@transaction.atomic
def revoke_key(name: str, *, actor: str, now: datetime) -> None:
    """Have the key of this name open nothing any more. Raises NotFound."""
    for row in account_queries.list_keys():
        if row.name == name and accounts.revoke_key(row.id, now=now):
            remember_deed(_subject(row.account_id), "key.revoked", f"API key {name} revoked.", actor=actor, now=now)
            return
    raise NotFound(f"There is no key {name}.", field="name")


def recognise(key: str, *, now: datetime) -> KeyRow | None:
    """Return whose key this is, and remember that it was used; None when it opens nothing."""
    row = account_queries.find_key(digest_key(key)) if key.startswith(KEY_PREFIX) else None
    if row is not None:
        accounts.note_key_used(row.id, now=now)
    return row


def _subject(account_id: int | None) -> Subject:
    if account_id is None:
        return Subject("organization", accounts.ensure_organization())
    return Subject("account", account_id, account_id)
