"""An account as tables: export, and import by a plan that is looked at first."""
