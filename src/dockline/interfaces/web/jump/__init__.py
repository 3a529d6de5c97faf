"""The palette that jumps to pages and orders."""
