"""What the warehouse does: taking orders in, allocating, picking, packing, dispatching, reporting."""
