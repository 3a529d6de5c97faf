"""The REST API through Django's client, with the key of one account, over the small world of the pages."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dockline.flows import api_keys
from tests.support.kept_world import world_of
from tests.support.page_world import World


@dataclass
class Program:
    """A program with a key; every answer is JSON."""

    client: Client
    key: str

    def get(self, address: str, **parameters: Any) -> HttpResponse:
        return self.client.get(f"/api{address}", parameters, headers=self.headers)

    def send(self, method: str, address: str, body: Any = None) -> HttpResponse:
        text = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return self.client.generic(
            method, f"/api{address}", text, content_type="application/json", headers=self.headers
        )

    def post(self, address: str, body: Any = None) -> HttpResponse:
        return self.send("POST", address, body)

    def patch(self, address: str, body: Any) -> HttpResponse:
        return self.send("PATCH", address, body)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def make_program(account_id: int | None, name: str = "robot") -> Program:
    made = api_keys.add_key(name=name, account_id=account_id, actor="a test", now=timezone.now())
    return Program(Client(), made.key)


def purchase(world: World, **changes: Any) -> dict[str, Any]:
    """What a program says of a purchase order."""
    lines = [{"sku": "MUG-1", "quantity": "2.5", "lot": "B118"}, {"sku": "MUG-1", "quantity": 2, "unit": "CTN"}]
    return {"number": "PO-1", "warehouse_id": world.channel.warehouse_id, "lines": lines, **changes}


def place_purchase(world: World) -> int:
    """A draft of Juniper & Oak."""
    answered = make_program(world.juniper.pk, "buyer").post("/purchase-orders", purchase(world, is_draft=True))
    assert answered.status_code == 201, answered.text
    return int(answered.json()["id"])


@pytest.fixture(autouse=True)
def light_settings(settings: Settings) -> None:
    """Hash passwords fast, and name static files as they are: nothing has been collected."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def world(db: None) -> World:
    return world_of(plain_orders=3)


@pytest.fixture
def program(world: World) -> Program:
    """One with the key of Juniper & Oak."""
    return make_program(world.juniper.pk)


@pytest.fixture
def overseer(world: World) -> Program:
    """One with a key of the organization."""
    return make_program(None, "overseer")
