"""How faithful the simulator is: every known statement about the service, and the tests that show it."""
