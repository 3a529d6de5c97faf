"""What a person enters to connect one customer of one CartonCloud tenant."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, JsonValue, SecretStr, field_validator

from dockline.connectors.contract.settings import ConnectorSettings

_ADVANCED: dict[str, JsonValue] = {"advanced": True}
REGIONS: dict[str, JsonValue] = {
    "https://api.cartoncloud.com": "Australia, New Zealand and everywhere else",
    "https://api.na.cartoncloud.com": "North America",
}


class CartonCloudSettings(ConnectorSettings):
    """The settings of a CartonCloud channel."""

    api_url: str = Field(
        default="https://api.cartoncloud.com",
        title="Api Url",
        max_length=200,
        description="The region of your warehouse company. Ask them if you do not know.",
        json_schema_extra={"known": REGIONS},
    )
    client_id: str = Field(
        title="Client Id",
        description="From the API Client that your warehouse company made for you.",
        min_length=1,
        max_length=200,
        pattern=r"^[A-Za-z0-9._~@:+/=-]+$",
    )
    client_secret: SecretStr = Field(
        title="Client Secret",
        description="Shown there once, together with the Client Id. Stored encrypted and never shown again.",
        min_length=1,
        max_length=500,
    )
    tenant_id: UUID = Field(
        title="Tenant Id",
        description="The identifier of the warehouse company's whole account: 32 digits and letters in five groups.",
    )
    customer_name: str = Field(
        title="Customer Name",
        description="The account's name as the warehouse company wrote it, letter by letter.",
        min_length=1,
        max_length=200,
    )
    warehouse_name: str = Field(
        default="",
        title="Warehouse there",
        description="The exact name of the warehouse over there. Empty means their default warehouse.",
        max_length=200,
    )
    customer_id: UUID | None = Field(
        default=None,
        title="Customer Id",
        description="Only needed when two customers there have the same name; the connection test then offers them.",
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
    serial_field: str = Field(
        default="serial",
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        max_length=64,
        title="Field for serial numbers",
        description="The stock field over there that holds a serial number. Ask the warehouse how theirs is called.",
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

    @field_validator("customer_id", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return None if value == "" else value

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
