"""What a person enters to connect a warehouse that has no system: nothing they must."""

from pydantic import Field

from dockline.connectors.contract.settings import ConnectorSettings


class ManualSettings(ConnectorSettings):
    """The settings of a manual channel."""

    note: str = Field(
        default="",
        max_length=1000,
        title="Note",
        description="For your own people: who works these shipments, and how to reach them.",
    )
