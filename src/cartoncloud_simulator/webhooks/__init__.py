"""Webhooks out: what is to be told to whom, and its delivery."""
