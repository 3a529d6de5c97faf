"""Who or what changed which fact, and when; never edited."""
