"""What has been answered, counted by path and status."""

from collections import defaultdict


class Traffic:
    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def count(self, label: str, outcome: int | str) -> None:
        self._counts[label][str(outcome)] += 1

    def reset(self) -> None:
        self._counts.clear()

    def describe(self) -> dict[str, dict[str, int]]:
        return {label: dict(outcomes) for label, outcomes in sorted(self._counts.items())}
