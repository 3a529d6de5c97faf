"""Products to channels."""
