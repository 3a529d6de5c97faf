"""Places with stock, and which accounts use them."""
