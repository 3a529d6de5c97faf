"""A simulator of the CartonCloud public API, for anyone who integrates with it."""
