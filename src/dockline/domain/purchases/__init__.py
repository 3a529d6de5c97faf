"""What was ordered from suppliers, and what a warehouse says arrived of it."""
