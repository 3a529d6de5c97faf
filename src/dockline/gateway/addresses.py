"""Which addresses a channel may speak to: those its connector knows, and those the operator of this server allows."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from dockline.connectors.contract import errors
from dockline.connectors.contract.settings import ConnectorSettings, Kind, describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.gateway.http import origin_of

LOOPBACK = "loopback"
"""The word that allows every address of this machine."""


def check_address(spec: ConnectorSpec, values: ConnectorSettings) -> None:
    """Raise `Misconfigured`, naming the setting, unless the channel may speak to this address."""
    address = spec.origin(values)
    if address and not (is_allowed(address) or origin_of(address) in _known(spec)):
        raise errors.Misconfigured(
            f"{urlsplit(address).netloc} is none of the known addresses. The operator of this server can allow it "
            "with DOCKLINE_ADDRESSES.",
            field=_address_field(spec),
        )


def is_allowed(address: str) -> bool:
    """Whether the operator of this server has allowed this address, private or not."""
    host = urlsplit(address).hostname or ""
    allowed: Iterable[str] = settings.ADDRESSES
    if LOOPBACK in allowed and _is_loopback(host):
        return True
    return origin_of(address) in {origin_of(one) for one in allowed if one != LOOPBACK}


def _known(spec: ConnectorSpec) -> set[str]:
    fields = [field for field in describe_settings(spec.settings) if field.kind is Kind.ADDRESS]
    return {origin_of(value) for field in fields for value, _ in field.choices}


def _address_field(spec: ConnectorSpec) -> str:
    return next((field.name for field in describe_settings(spec.settings) if field.kind is Kind.ADDRESS), "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
