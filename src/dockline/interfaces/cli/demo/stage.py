"""What the story is played with, and how it waits for what others do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from dockline.domain.runs.rules import RunKind
from dockline.flows import sync
from dockline.interfaces.cli.demo.warehouse import Warehouse
from dockline.interfaces.cli.supervisor import Supervisor

ACTOR = "the demo"
STEP_SECONDS = 120.0
LOOK_SECONDS = 0.2


class StoodStill(Exception):
    """A step of the story did not come to its end."""


@dataclass
class Stage:
    """The two sides and what is known of them."""

    warehouse: Warehouse
    supervisor: Supervisor
    address: str
    customer_id: str
    folder: Path
    channel_id: int = 0

    def sync(self, kind: RunKind) -> int:
        """Ask for a synchronisation; returns the run to watch."""
        return sync.ask_sync(channel_id=self.channel_id, kind=kind, actor=ACTOR, now=timezone.now())


def wait_for(what: str, look: Callable[[], object]) -> None:
    """Look until there is something to see. Raises StoodStill when it takes too long."""
    deadline = time.monotonic() + STEP_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise StoodStill(f"{what}: that did not happen.")
        time.sleep(LOOK_SECONDS)
