"""A secret goes to the address it was given for, and to no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dockline.connectors.contract.errors import Misconfigured
from dockline.connectors.contract.settings import Kind, describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.domain.channels.queries import Connection
from dockline.gateway.http import origin_of
from dockline.kit.crypto import KeyProblem

AGAIN = "A secret goes only to the address it was entered for. Enter it again, for this one."


@dataclass(frozen=True)
class Merged:
    """A channel's settings and secrets with others in their place.

    `left_behind` are the stored secrets that are not among them: they belong to the former address, and none was given
    for this one.
    """

    values: Mapping[str, Any]
    left_behind: tuple[str, ...] = ()


def merge_values(spec: ConnectorSpec, known: Connection, values: Mapping[str, Any]) -> Merged:
    """Put these into the place of a channel's own; a secret left empty stays as long as the address does."""
    try:
        kept = known.unseal()
    except KeyProblem:
        # The keys are lost: the secrets must all be given anew, and the check of the form says which are missing.
        kept = {}
    given = {name: value for name, value in values.items() if value or name not in kept}
    merged = {**known.plain, **kept, **given}
    address = find_address(spec, merged)
    # An address that cannot be read is refused for itself.
    if not address or address == find_address(spec, {**known.plain, **kept}):
        return Merged(merged)
    left = tuple(name for name in kept if name not in given)
    return Merged({name: value for name, value in merged.items() if name not in left}, left)


def find_address(spec: ConnectorSpec, values: Mapping[str, Any]) -> str:
    """Return scheme, host and port that settings speak to, also while others are missing or wrong; empty if none."""
    unseen = dict.fromkeys(spec.settings.secret_names(), "unseen")
    filled = {name: value for name, value in values.items() if value or name not in unseen}
    try:
        return _origin(spec.origin(spec.settings.model_validate({**unseen, **filled})))
    except ValidationError:
        fields = [field for field in describe_settings(spec.settings) if field.kind is Kind.ADDRESS]
        return " ".join(filter(None, (_origin(str(values.get(one.name, one.default))) for one in fields)))


def _origin(address: str) -> str:
    try:
        return origin_of(address) if address else ""
    except Misconfigured:
        return ""
