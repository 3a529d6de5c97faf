"""What a person may enter to connect CartonCloud."""

from typing import Any

import pytest
from pydantic import ValidationError

from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.cartoncloud.spec import SPEC

ENTERED = {
    "client_id": "id",
    "client_secret": "the-secret-value",
    "tenant_id": "7A1E0C52-3d4b-4c1a-9f60-2b5d8e714a01",
    "customer_name": " Bluegum Pantry ",
}


def settings(**changes: Any) -> CartonCloudSettings:
    return CartonCloudSettings.model_validate({**ENTERED, **changes})


def test_secrets_are_known_and_shown_nowhere():
    parsed = settings()
    assert parsed.secret_names() == ("client_secret",)
    assert parsed.secret_values() == ("the-secret-value",)
    assert "the-secret-value" not in f"{parsed!r} {parsed} {parsed.model_dump_json()}"
    assert CartonCloudSettings.model_json_schema()["properties"]["client_secret"]["writeOnly"] is True


@pytest.mark.parametrize(
    "address",
    ["https://api.na.cartoncloud.com", "http://127.0.0.1:8700/", "http://localhost:8700", "http://[::1]:8700"],
)
def test_addresses_are_taken(address: str):
    assert settings(api_url=address).api_url == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://api.cartoncloud.com",
        "http://127.0.0.1.evil.example",
        "ftp://api.cartoncloud.com",
        "api.cartoncloud.com",
        "https://user:password@api.cartoncloud.com",
        "https://api.cartoncloud.com/path",
        "https://api.cartoncloud.com?x=1",
        "",
    ],
)
def test_addresses_are_refused(address: str):
    with pytest.raises(ValidationError):
        settings(api_url=address)


def test_the_pace_follows_the_settings():
    between = SPEC.paces(settings())["create_order"].seconds_between
    assert between > 2, "a rolling minute of theirs must not see one more than 30, though the first be slow on its way"
    assert between * 30 < 66
    assert SPEC.paces(settings(orders_per_minute=0)) == {}
    assert SPEC.origin(settings()) == "https://api.cartoncloud.com"
    assert settings().customer_name == "Bluegum Pantry"
