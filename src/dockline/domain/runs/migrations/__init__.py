"""Schema changes of this slice."""
