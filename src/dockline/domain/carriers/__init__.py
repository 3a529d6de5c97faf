"""Carriers and their services, in the codes of an account."""
