"""Helpers a connector may use or ignore: strict JSON, one status table, tokens, redaction, the conformance suite."""
