"""The public REST API, path by path."""
