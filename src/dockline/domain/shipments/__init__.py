"""The part of a sales order sent to one warehouse."""
