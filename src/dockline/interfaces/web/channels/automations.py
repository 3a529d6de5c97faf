"""The Automation Settings of a channel: its recurring jobs."""

from typing import Any

from dockline.domain.channels.queries import ChannelRow
from dockline.flows import automations


def automations_of(channel: ChannelRow) -> dict[str, Any]:
    """What the Automation Settings part shows."""
    return {"automations": automations.list_automations({channel.id: channel.connection})}
