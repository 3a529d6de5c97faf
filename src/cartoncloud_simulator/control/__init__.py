"""The control plane under /_sim: for tests and people, no part of the public API."""
