"""Work from the queue and the clock; one file per flow."""
