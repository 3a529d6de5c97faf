"""Wake-ups for background work: enqueued with the facts they follow from, run by any worker."""
