"""What goes wrong on purpose: a script of faults, a seeded storm, and how a spoilt answer travels."""
