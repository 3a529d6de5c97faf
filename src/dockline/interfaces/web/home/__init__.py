"""The first page: what is where, and what needs a person."""
