"""Messages pushed to us: check, store, answer fast."""
