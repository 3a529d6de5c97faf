"""Where a channel may be called from outside, with which key, and the calls that came."""
