"""Products and which channels know them."""
