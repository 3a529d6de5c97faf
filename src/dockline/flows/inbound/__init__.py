"""A purchase order from placed to received."""
