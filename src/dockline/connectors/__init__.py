"""Whom we speak with: the contract, an optional toolkit, and one folder for each vendor."""
