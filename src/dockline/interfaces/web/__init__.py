"""Operator pages; one folder per page, template beside view."""
