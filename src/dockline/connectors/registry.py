"""Finds installed connectors: a list of package names, each with a `spec.SPEC` and perhaps a certificate."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import MappingProxyType

from dockline.connectors.contract import certificate
from dockline.connectors.contract.spec import ConnectorSpec


@cache
def load_specs(packages: tuple[str, ...]) -> Mapping[str, ConnectorSpec]:
    """Import the packages and return their specs by key. Raises ValueError when two share a key."""
    specs: dict[str, ConnectorSpec] = {}
    for spec in _import_specs(packages):
        if spec.key in specs:
            raise ValueError(f"Two installed connectors have the key {spec.key!r}.")
        specs[spec.key] = spec
    return MappingProxyType(specs)


def _import_specs(packages: Iterable[str]) -> Iterable[ConnectorSpec]:
    for package in packages:
        spec = import_module(f"{package}.spec").SPEC
        if not isinstance(spec, ConnectorSpec):
            raise TypeError(f"{package}.spec.SPEC is not a ConnectorSpec.")
        yield replace(spec, certificate=certificate.read(package))
