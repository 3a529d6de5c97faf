"""Stock per product and warehouse."""
