"""Speaks to warehouses that run CartonCloud. The quirks are in the README beside this file."""
