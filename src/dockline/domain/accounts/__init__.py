"""Organizations, accounts and the people who sign in."""
