"""The story of some orders, played for real with a simulated warehouse."""
