"""Products, variants and their units of measure."""
