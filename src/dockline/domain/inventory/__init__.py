"""Stock levels per warehouse, and stock promised to shipments."""
