"""A warehouse without a system: what is exported is kept and worked by hand in our own pages."""
