"""An installation whose keys are gone: its pages say so and can be read, nothing is changed or sent, no key is made."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dockline.config.keys import find_key_ring
from dockline.domain.channels.models import Channel
from dockline.flows import keys
from dockline.interfaces.jobs.worker import worker
from dockline.kit.crypto import KEYS_ENV
from dockline.kit.errors import NotNow
from tests.domain.conftest import Shop
from tests.domain.conftest import committed_shop as committed_shop
from tests.support.page_world import World

NOWHERE = "postgresql://dockline@/dockline?host=/nonexistent"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(KEYS_ENV, raising=False)
    return tmp_path / "keys.json"


def address() -> str:
    parts = connection.get_connection_params()
    return " ".join(f"{name}={parts[name]}" for name in ("dbname", "user", "host", "port") if parts.get(name))


@pytest.mark.fault("K07")
def test_keys_are_made_for_new_data_alone(path: Path, committed_shop: Shop) -> None:
    Channel.objects.update(secrets={"client_secret": "k-1:sealed"})
    assert "encrypted: put it back" in find_key_ring(path, address()).lacking
    assert "could not be asked" in find_key_ring(path, NOWHERE).lacking
    assert not path.exists()

    Channel.objects.update(secrets={})
    made = find_key_ring(path, address())
    assert path.exists() and not made.lacking
    Channel.objects.update(secrets={"client_secret": made.encrypt("s3cret", bound_to="x")})
    assert find_key_ring(path, NOWHERE).current == made.current, "once they are there nobody is asked"


@pytest.mark.fault("K07")
def test_without_keys_everything_can_be_read_and_nothing_changed_or_sent(
    path: Path, operator: Client, world: World, settings: Settings
) -> None:
    settings.KEY_RING = find_key_ring(path, NOWHERE)
    page = operator.get(reverse("orders")).text
    assert "Everything is read only" in page and "keys.json is missing" in page
    refused = operator.post(reverse("order-cancel", args=[world.shipped.pk]))
    assert refused.status_code == 503 and "Nothing was changed. keys.json is missing" in refused.text
    assert operator.post("/api/orders", {}, content_type="application/json").status_code == 503
    assert operator.post(reverse("sign-out")).status_code == 302
    with pytest.raises(SystemExit, match=r"nothing is sent or received: keys\.json is missing"):
        worker()


def test_new_keys_are_made_only_where_all_are_gone(path: Path, settings: Settings) -> None:
    settings.DATA_ROOT = path.parent
    with pytest.raises(NotNow, match="put it back"):
        keys.rotate_keys()
    keys.make_keys()
    assert not find_key_ring(path, NOWHERE).lacking
    with pytest.raises(NotNow, match="There are keys"):
        keys.make_keys()
