"""A sales order from placed to closed: one file for each stage."""
