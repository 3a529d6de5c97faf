"""Errands from one end to the other, through real doors, with the simulator as the warehouse."""
