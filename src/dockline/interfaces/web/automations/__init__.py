"""The recurring jobs of all channels."""
