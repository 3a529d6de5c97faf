"""Which accounts the pages show: one, or all. Chosen by the person, kept in the session."""

from dataclasses import dataclass

from django.http import HttpRequest

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.accounts.rules import AccountId

KEY = "account_id"
ALL = "All accounts"


@dataclass(frozen=True)
class Scope:
    """The chosen account, or None for all of them, and what may be chosen."""

    account_id: AccountId | None
    name: str
    accounts: tuple[AccountRow, ...]

    @property
    def only_account_id(self) -> AccountId | None:
        """The one account that is meant: the chosen one, or the only one there is."""
        if self.account_id is None and len(self.accounts) == 1:
            return self.accounts[0].id
        return self.account_id

    @property
    def shows_account(self) -> bool:
        """Rows name their account, because there are several."""
        return self.account_id is None and len(self.accounts) > 1


def scope_of(request: HttpRequest) -> Scope:
    """Return the scope of this request; asked once however many parts of a page want it."""
    known: Scope | None = getattr(request, "_scope", None)
    if known is None:
        known = _find_scope(request)
        request._scope = known  # type: ignore[attr-defined]
    return known


def choose_account(request: HttpRequest, account_id: AccountId | None) -> Scope:
    """Keep the choice; an account that does not exist means all."""
    request.session[KEY] = account_id
    return _find_scope(request)


def _find_scope(request: HttpRequest) -> Scope:
    rows = accounts.list_accounts()
    chosen = next((row for row in rows if row.id == request.session.get(KEY)), None)
    if chosen is None and len(rows) == 1:
        return Scope(None, rows[0].name, rows)
    return Scope(chosen.id if chosen else None, chosen.name if chosen else ALL, rows)
