"""What an installed connector declares is what it implements, to the names of the arguments."""

import inspect
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from msgspec.structs import fields

from dockline.connectors.contract.capabilities import PROTOCOLS, Capability
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.connectors.toolkit.json import Measured
from dockline.gateway import directory
from tests.architecture.sources import DOCKLINE

SPECS = sorted(directory.list_connectors().values(), key=lambda spec: spec.key)
GROUND = {"contract", "toolkit"}


def methods_of(protocol: type) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in vars(protocol).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


def test_every_ability_has_a_protocol_with_something_in_it() -> None:
    assert PROTOCOLS.keys() == set(Capability)
    assert all(methods_of(protocol) for protocol in PROTOCOLS.values())


def test_every_connector_in_the_source_is_installed() -> None:
    folders = {path.parent.name for path in Path(DOCKLINE / "connectors").glob("*/spec.py")} - GROUND
    assert {f"dockline.connectors.{name}" for name in folders} == set(settings.CONNECTORS)
    assert {spec.key for spec in SPECS} == folders


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
@pytest.mark.parametrize("capability", Capability)
def test_declared_is_implemented_and_nothing_else_is(spec: ConnectorSpec, capability: Capability) -> None:
    assert isinstance(spec.open, type)
    protocol = PROTOCOLS[capability]
    assert issubclass(spec.open, protocol) == (capability in spec.capabilities)
    if capability in spec.capabilities:
        for name, parameters in methods_of(protocol).items():
            assert list(inspect.signature(getattr(spec.open, name)).parameters) == parameters


def test_every_quantity_from_outside_is_looked_at() -> None:
    structs = {
        struct
        for path in (DOCKLINE / "connectors").glob("*/schemas.py")
        for struct in vars(import_module(f"dockline.connectors.{path.parent.name}.schemas")).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
    }
    measured = {struct for struct in structs if any("Decimal" in str(one.type) for one in fields(struct))}
    assert measured and all(issubclass(struct, Measured) for struct in measured)
