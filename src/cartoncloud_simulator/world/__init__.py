"""What exists in the simulated tenant, in memory and in the journal."""
