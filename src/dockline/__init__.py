"""Dockline: an order hub that connects a merchant's orders to the warehouses that ship them."""
