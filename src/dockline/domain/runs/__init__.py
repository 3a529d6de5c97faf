"""One run of a synchronisation or import: progress, counters, log."""
