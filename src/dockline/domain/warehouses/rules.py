"""Identifiers of warehouses. Pure."""

from typing import NewType

WarehouseId = NewType("WarehouseId", int)
