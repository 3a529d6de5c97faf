"""The description of the simulated API: made from its routes and the shapes declared here."""
