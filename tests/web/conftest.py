"""Pages without a browser: Django's client, signed in, over a small world."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from dockline.domain.accounts.models import User
from tests.support.kept_world import world_of
from tests.support.page_world import USER, World


@pytest.fixture(autouse=True)
def light_settings(settings: Settings) -> None:
    """Name static files as they are, for nothing has been collected; and hash passwords fast."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def world(db: None) -> World:
    return world_of(plain_orders=60)


@pytest.fixture
def operator(world: World, client: Client) -> Client:
    client.force_login(User.objects.get(username=USER))
    return client
