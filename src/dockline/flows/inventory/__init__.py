"""Levels from warehouses."""
