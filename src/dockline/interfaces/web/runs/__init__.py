"""Sync runs: the list and one run as it goes on."""
