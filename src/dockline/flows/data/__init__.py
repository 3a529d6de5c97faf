"""What an account has, as tables: out, and in by a plan that is looked at first."""
