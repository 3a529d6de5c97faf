"""What stops all sending when the database may have been set back, or may be a copy."""
