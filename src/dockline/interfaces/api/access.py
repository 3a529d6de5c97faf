"""Who asks: the key of the request, and what it opens. What it does not open is not there."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import KeyRow, UnknownAccount
from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.channels.queries import ChannelRow, UnknownChannel
from dockline.domain.channels.rules import ChannelId
from dockline.flows import api_keys
from dockline.kit.errors import Invalid


class ApiKey(HttpBearer):
    """A key made by `dockline key add`."""

    def authenticate(self, request: HttpRequest, token: str) -> KeyRow | None:
        """Return the key's row, or nothing for a stranger."""
        return api_keys.recognise(token, now=timezone.now())


def scope_of(request: HttpRequest) -> AccountId | None:
    """The account the key is limited to; None opens all of them."""
    return _key(request).account_id


def actor_of(request: HttpRequest) -> str:
    """Name the program for the record."""
    return f"API key {_key(request).name}"


def opens(request: HttpRequest, account_id: int) -> bool:
    """Say whether the key opens what belongs to this account."""
    return scope_of(request) in (None, account_id)


def account_meant(request: HttpRequest, account_id: int | None) -> AccountId:
    """The account of a request: the one it names, which the key must open, else the key's own."""
    meant = account_id or scope_of(request)
    if meant is None:
        raise Invalid("This key opens several accounts: say which.", field="account_id")
    if not opens(request, meant):
        raise UnknownAccount(field="account_id")
    return accounts.get_account(meant).id


def find_channel(request: HttpRequest, channel_id: int) -> ChannelRow:
    """The channel, if it is there and the key opens it. Raises UnknownChannel."""
    row = channels.get_channel(ChannelId(channel_id))
    if not opens(request, row.account_id):
        raise UnknownChannel()
    return row


def _key(request: HttpRequest) -> KeyRow:
    key: KeyRow = request.auth  # type: ignore[attr-defined]
    return key
