"""Each message across the border, its state and body; external ids; feed positions."""
