"""Files in and out, through the command a user runs."""
