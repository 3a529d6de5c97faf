"""What needs a person, why, and what would resolve it."""
