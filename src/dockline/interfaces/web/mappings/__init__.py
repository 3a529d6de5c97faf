"""The three views of a channel's mappings: look, edit, test, import and export."""
