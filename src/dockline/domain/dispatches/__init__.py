"""How what is sent to a warehouse is sent exactly once, whatever it is."""
