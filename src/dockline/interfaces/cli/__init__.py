"""Commands for people with a terminal."""
