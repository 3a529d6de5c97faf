"""The REST door: one file per resource. It translates, calls once and translates back, as every door does."""
