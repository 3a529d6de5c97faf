"""Find the account a file is of, by what a person calls it."""

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.rules import AccountId
from dockline.kit.errors import NotFound


def find_account(name_or_code: str) -> AccountId:
    """Return the account of this code or name. Raises NotFound."""
    found = accounts.list_accounts(limit=10_000)
    by_code = [each for each in found if each.code == name_or_code]
    matches = by_code or [each for each in found if each.name == name_or_code]
    if len(matches) == 1:
        return matches[0].id
    if matches:
        codes = ", ".join(each.code for each in matches)
        raise NotFound(f"Several accounts are called {name_or_code!r}. Use one of their codes: {codes}.")
    known = ", ".join(each.code for each in found[:20]) or "none yet; set up Dockline first"
    raise NotFound(f"There is no account {name_or_code!r}. Accounts by code: {known}.")
