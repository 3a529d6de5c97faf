"""Schema changes of the queue."""
