"""The story of an order, played for real: placeholder until the story module follows."""


def demo() -> None:
    """Play the story."""
