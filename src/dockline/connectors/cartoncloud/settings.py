"""What a person enters to connect one customer of one CartonCloud tenant."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, JsonValue, SecretStr, field_validator

from dockline.connectors.contract.settings import ConnectorSettings

_ADVANCED: dict[str, JsonValue] = {"advanced": True}


class CartonCloudSettings(ConnectorSettings):
    """The settings of a CartonCloud channel."""

    api_url: str = Field(
        default="https://api.cartoncloud.com",
        title="API address",
        description="Leave as it is, unless your warehouse is in North America: https://api.na.cartoncloud.com.",
    )
    client_id: str = Field(
        title="Client ID", description="From the API client your warehouse made for you.", min_length=1, max_length=200
    )
    client_secret: SecretStr = Field(
        title="Client secret", description="Shown once, together with the client ID.", min_length=1, max_length=500
    )
    tenant_id: UUID = Field(
        title="Tenant ID", description="The long identifier of the warehouse company; ask them for it."
    )
    customer_name: str = Field(
        title="Customer name",
        description="Your name as the warehouse wrote it, letter by letter.",
        min_length=1,
        max_length=200,
    )
    warehouse_name: str = Field(
        default="",
        title="Warehouse name",
        description="The exact name of the warehouse over there. Empty means their default warehouse.",
        max_length=200,
    )
    orders_per_minute: int = Field(
        default=30,
        ge=0,
        le=6000,
        title="Orders per minute",
        description="How many orders may be sent in a minute. CartonCloud allows 30; 0 means no limit.",
        json_schema_extra=_ADVANCED,
    )
    overlap_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        title="Overlap in minutes",
        description="How far each reading of changes reaches back behind the last one, so that none is missed.",
        json_schema_extra=_ADVANCED,
    )
    product_type: str = Field(
        default="Ambient",
        min_length=1,
        max_length=100,
        title="Product type",
        description="The product type over there that new products are given.",
        json_schema_extra=_ADVANCED,
    )
    line_reference_field: str = Field(
        default="sop_custom_field_1",
        pattern=r"^[A-Za-z0-9_]*$",
        max_length=64,
        title="Field for our line reference",
        description="The sale-order-product field that carries our line reference back. Empty means none is sent.",
        json_schema_extra=_ADVANCED,
    )
    report_wait_seconds: int = Field(
        default=150,
        ge=1,
        le=1800,
        title="Patience for the stock report",
        description="How many seconds a stock report may take before it is given up and asked for again later.",
        json_schema_extra=_ADVANCED,
    )

    @field_validator("api_url")
    @classmethod
    def _check_api_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("Enter an address such as https://api.cartoncloud.com.")
        if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("Enter only the address of the server, without a path or a password.")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("The address must begin with https://.")
        return f"{parts.scheme}://{parts.netloc.lower()}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
