"""The hubs of the flow tests: each is checked for every sentence that must always be true."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.flows.conftest import hub, manual_hub

__all__ = ["hub", "manual_hub"]


@pytest.fixture(autouse=True)
def light_settings(settings: Settings) -> None:
    """Name static files as they are, for nothing has been collected."""
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
