"""An account's link to the system behind one warehouse: settings, schedule, health."""
