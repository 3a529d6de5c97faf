"""Rotating the keys: all is encrypted anew, nothing is lost, and a process that knows only the old key goes on."""

from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from dockline.domain.channels import operations as channels
from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.channels.queries import get_connection
from dockline.flows import keys
from dockline.kit.crypto import KEYS_ENV, load_key_ring
from dockline.kit.errors import NotNow
from tests.domain.conftest import make_shop

SECRET = "a secret of a certain length"


@pytest.fixture
def channel(db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A channel with a secret and a stored text, under keys of its own."""
    monkeypatch.delenv(KEYS_ENV, raising=False)
    settings.DATA_ROOT, settings.KEY_RING = tmp_path, load_key_ring(tmp_path / "keys.json")
    made = make_shop().channel
    sealed = settings.KEY_RING.encrypt(SECRET, bound_to=f"channel:{made.pk}:secret:client_secret")
    Channel.objects.filter(pk=made.pk).update(secrets={"client_secret": sealed})
    channels.put_text(made.pk, key="token", value="t0ken", expires_at=None)
    return made


def test_everything_is_encrypted_anew_and_can_still_be_read(channel: Channel) -> None:
    former = settings.KEY_RING

    assert keys.rotate_keys() == 2

    channel.refresh_from_db()
    current = load_key_ring(settings.DATA_ROOT / "keys.json").current
    assert current != former.current
    assert channel.secrets["client_secret"].startswith(f"{current}:")
    assert StoredText.objects.get().value.startswith(f"{current}:")
    assert settings.KEY_RING is former, "this process started before"
    assert get_connection(channel.pk).unseal() == {"client_secret": SECRET}
    assert (settings.DATA_ROOT / "keys.json").stat().st_mode & 0o777 == 0o600


def test_keys_of_the_environment_are_the_operators_to_change(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS_ENV, (settings.DATA_ROOT / "keys.json").read_text())
    before = Channel.objects.get().secrets

    with pytest.raises(NotNow, match=KEYS_ENV):
        keys.rotate_keys()

    assert Channel.objects.get().secrets == before
