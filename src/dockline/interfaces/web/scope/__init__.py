"""Choosing one account or all."""
