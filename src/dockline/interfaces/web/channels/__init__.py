"""Channels: the list, one channel, and what may be asked of it."""
