"""Which connectors exist and what they can do."""

from collections.abc import Mapping

from django.conf import settings

from dockline.connectors import registry
from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.kit.errors import NotFound


def list_connectors() -> Mapping[str, ConnectorSpec]:
    """All installed connectors by key."""
    return registry.load_specs(tuple(settings.CONNECTORS))


def get_connector(key: str) -> ConnectorSpec:
    """One connector. Raises NotFound."""
    try:
        return list_connectors()[key]
    except KeyError:
        known = ", ".join(sorted(list_connectors()))
        raise NotFound(f"There is no connector {key!r}; installed are {known}.", field="connector") from None


def list_keys_with(capability: Capability) -> list[str]:
    """The keys of the connectors that have an ability."""
    return [key for key, spec in list_connectors().items() if capability in spec.capabilities]
