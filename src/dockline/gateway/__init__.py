"""The only door to other systems: intend, call, remember; settle what was lost; collect what arrives."""
