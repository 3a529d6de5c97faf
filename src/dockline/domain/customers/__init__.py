"""Customers: who an account sends goods to, in the account's own codes."""
