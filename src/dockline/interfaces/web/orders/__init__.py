"""Sales orders: the list and one order with its timeline."""
