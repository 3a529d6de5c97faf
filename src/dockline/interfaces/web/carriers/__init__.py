"""The carriers master list of an account."""
