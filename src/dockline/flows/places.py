"""Where a channel can be connected: the pairs of an account and a warehouse it may use."""

from dataclasses import dataclass

from dockline.domain.accounts.rules import AccountId
from dockline.domain.channels import queries as channels
from dockline.domain.warehouses import queries as warehouses


@dataclass(frozen=True)
class Place:
    """An account's warehouse; `channel_name` is the channel it has already."""

    account_id: int
    account_name: str
    warehouse_id: int
    warehouse_name: str
    channel_id: int | None
    channel_name: str

    @property
    def is_free(self) -> bool:
        """Whether a channel may be connected here."""
        return self.channel_id is None

    @property
    def key(self) -> str:
        """The pair as one word."""
        return f"{self.account_id}-{self.warehouse_id}"


def list_places(*, account_id: AccountId | None) -> list[Place]:
    """List the warehouses enabled for an account, or for all, with the channel each has already."""
    taken = {(row.account_id, row.warehouse_id): row for row in channels.list_channels(account_id=account_id)}
    found = []
    for row in warehouses.list_enabled(account_id=account_id):
        channel = taken.get((row.account_id, row.warehouse_id))
        name = channel.name if channel else ""
        found.append(
            Place(
                row.account_id,
                row.account_name,
                row.warehouse_id,
                row.warehouse_name,
                channel.id if channel else None,
                name,
            )
        )
    return found
