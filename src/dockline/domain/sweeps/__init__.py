"""What a comparison of a whole warehouse with our books has found."""
