"""What we know, and what may never be false."""
