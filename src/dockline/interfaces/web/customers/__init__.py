"""The customers master list of an account."""
