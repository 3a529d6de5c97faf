"""Plain tools that know nothing of orders."""
