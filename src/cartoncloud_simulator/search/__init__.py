"""The search grammar: conditions read, planned over the indexes and applied."""
