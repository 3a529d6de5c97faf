"""One pace for all who share a channel; secrets sealed to their row; windows long enough to be safe."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings

from dockline.domain.accounts.models import Account
from dockline.domain.channels import operations as channels
from dockline.domain.channels.models import Channel, StoredText
from dockline.domain.channels.queries import find_text, get_channel, get_connection, list_former_secrets
from dockline.domain.channels.rules import FORMER_KEPT, Severity, Validation, severity_of
from dockline.flows import setup
from dockline.kit import clock
from dockline.kit.crypto import NotAuthentic
from dockline.kit.errors import Conflict, Invalid
from tests.domain.conftest import Shop, make_shop

SECRET = "s3cret-of-the-warehouse"
FAR, HERE = "https://api.example.com", "http://127.0.0.1:8700"


@pytest.mark.fault("C09", "P09")
def test_several_threads_keep_to_one_pace(committed_shop: Shop, elsewhere: Callable[..., Any]) -> None:
    between = 0.5

    def take() -> float:
        """The moment of a turn: when it was taken, and how long it is to wait."""
        wait, _ = channels.take_turn(committed_shop.channel.pk, pace="orders", seconds_between=between)
        return time.monotonic() + wait

    started = time.monotonic()
    turns = sorted(taken.result(20) for taken in [elsewhere(take) for _ in range(8)])
    assert turns[0] - started < between + 3, "the first may go at once"
    gaps = [later - earlier for earlier, later in pairwise(turns)]
    # Between the database's clock and the reading of ours a thread may be held up, never the other way round.
    assert sum(gaps) >= between * 7 - 0.4, gaps
    waits = {round(turn - turns[0], 1) // between for turn in turns}
    assert len(waits) >= 6, f"turns fall together: {gaps}"


def test_turns_are_exactly_apart_and_never_saved_up(shop: Shop) -> None:
    def take(pace: str = "orders") -> float:
        return channels.take_turn(shop.channel.pk, pace=pace, seconds_between=100)[0]

    first, second, third = take(), take(), take()
    assert first == 0
    assert 99 < second <= 100 and 199 < third <= 200
    assert take("reports") == 0, "another pace has turns of its own"
    assert channels.take_turn(make_shop("Other").channel.pk, pace="orders", seconds_between=100) == (0, 0)


def connect(shop: Shop, address: str = HERE, **options: Any) -> int:
    """Connect a second account's channel to the shop's warehouse."""
    return channels.connect_channel(
        account_id=shop.account.pk,
        warehouse_id=shop.warehouse.pk,
        connector="cartoncloud",
        name="C",
        plain={"api_url": address},
        secrets={"client_secret": SECRET},
        options=options,
        actor="ana",
        now=clock.now(),
    )


@pytest.fixture
def bare(shop: Shop) -> Shop:
    """A shop whose channel is gone."""
    shop.channel.delete()
    return shop


def test_secrets_are_sealed_at_rest_and_in_no_repr(bare: Shop) -> None:
    channel_id = connect(bare)
    row = Channel.objects.values().get()
    assert SECRET not in repr(row)
    assert list(row["secrets"]) == ["client_secret"]
    connection = get_connection(channel_id)
    assert connection.unseal() == {"client_secret": SECRET}
    for shown in (connection, get_channel(channel_id), Channel.objects.get()):
        assert SECRET not in repr(shown) + str(shown)
    assert get_channel(channel_id).secret_names == ("client_secret",)


def test_a_secret_moved_to_another_row_or_name_is_refused(bare: Shop) -> None:
    channel_id = connect(bare)
    other = connect(make_other(bare))
    sealed = Channel.objects.get(pk=channel_id).secrets["client_secret"]
    Channel.objects.filter(pk=other).update(secrets={"client_secret": sealed})
    with pytest.raises(NotAuthentic) as refusal:
        get_connection(other).unseal()
    assert SECRET not in str(refusal.value)
    Channel.objects.filter(pk=channel_id).update(secrets={"password": sealed})
    with pytest.raises(NotAuthentic):
        get_connection(channel_id).unseal()


def make_other(shop: Shop) -> Shop:
    other = make_shop("Other")
    other.channel.delete()
    return other


def test_changing_a_connection_keeps_the_secrets_that_are_not_given(bare: Shop) -> None:
    channel_id = connect(bare)
    channels.put_text(channel_id, key="token", value="t0ken", expires_at=None)
    channels.change_connection(
        channel_id, plain={"api_url": FAR}, secrets={"other": "0ther"}, actor="ana", now=clock.now()
    )
    connection = get_connection(channel_id)
    assert connection.unseal() == {"client_secret": SECRET, "other": "0ther"}
    assert (connection.plain, connection.credential_version) == ({"api_url": FAR}, 2)
    assert not StoredText.objects.exists(), "what was learned with the old settings is forgotten"


def test_a_secret_that_was_replaced_is_known_for_a_while_then_forgotten(bare: Shop) -> None:
    channel_id, now = connect(bare), clock.now()
    for secret in ("the-second-secret", "the-second-secret", "the-third-secret"):
        channels.change_connection(
            channel_id, plain={"api_url": FAR}, secrets={"client_secret": secret}, actor="ana", now=now
        )

    assert sorted(list_former_secrets(channel_id, now=now)) == [SECRET, "the-second-secret"]
    assert not any("secret" in value for value in StoredText.objects.values_list("value", flat=True))
    channels.forget_expired_texts(now=now + FORMER_KEPT - timedelta(seconds=1))
    assert StoredText.objects.count() == 2
    assert list_former_secrets(channel_id, now=now + FORMER_KEPT) == []
    channels.forget_expired_texts(now=now + FORMER_KEPT)
    assert not StoredText.objects.exists()


def test_a_connectors_texts_are_sealed_bound_and_expire(shop: Shop) -> None:
    now = clock.now()
    channel_id = shop.channel.pk
    channels.put_text(channel_id, key="token", value=SECRET, expires_at=now + timedelta(minutes=1))
    assert SECRET not in StoredText.objects.get().value
    assert find_text(channel_id, key="token", now=now) == SECRET
    assert find_text(channel_id, key="token", now=now + timedelta(minutes=1)) is None
    assert find_text(channel_id, key="other", now=now) is None
    StoredText.objects.update(key="other")
    with pytest.raises(NotAuthentic):
        find_text(channel_id, key="other", now=now)
    assert settings.KEY_RING.current in StoredText.objects.get().value


@pytest.mark.parametrize("seconds", [0, 1, 299])
def test_a_short_settle_window_is_refused_for_a_real_host(bare: Shop, seconds: int) -> None:
    with pytest.raises(Invalid, match="300 seconds") as refusal:
        connect(bare, FAR, settle_seconds=seconds)
    assert refusal.value.field == "settle_seconds"
    assert not Channel.objects.exists()

    channel_id = connect(bare, FAR, settle_seconds=300)
    with pytest.raises(Invalid, match="300 seconds"):
        channels.change_options(channel_id, settle_seconds=seconds, partial_backorder=True)
    kept = Channel.objects.get()
    assert (kept.settle_seconds, kept.partial_backorder) == (300, False)


def test_a_short_settle_window_is_allowed_on_this_machine(bare: Shop) -> None:
    channel_id = connect(bare, settle_seconds=1)
    assert Channel.objects.get().settle_seconds == 1
    with pytest.raises(Invalid):
        channels.change_options(channel_id, settle_seconds=0)
    assert Channel.objects.get().settle_seconds == 1


def test_moving_a_channel_to_a_real_host_lengthens_a_short_window(bare: Shop) -> None:
    channel_id = connect(bare, settle_seconds=1)
    channels.change_connection(channel_id, plain={"api_url": FAR}, secrets={}, actor="ana", now=clock.now())
    assert get_connection(channel_id).settle_seconds == 300
    channels.change_options(channel_id, settle_seconds=900)
    channels.change_connection(channel_id, plain={"api_url": HERE}, secrets={}, actor="ana", now=clock.now())
    channels.change_connection(channel_id, plain={"api_url": FAR}, secrets={}, actor="ana", now=clock.now())
    assert get_connection(channel_id).settle_seconds == 900, "a longer one is somebody's choice"


def test_a_second_channel_to_the_same_warehouse_is_refused(shop: Shop) -> None:
    with pytest.raises(Conflict):
        connect(shop)
    assert Channel.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": "x" * 201}, "name"), ({"name": "!?"}, "name"), ({"name": "A", "timezone": "Mars/Olympus"}, "time_zone")],
)
def test_an_account_that_cannot_be_is_refused_with_the_field_named(given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        setup.add_account(**given)
    assert refusal.value.field == field
    assert not Account.objects.exists()


@pytest.mark.parametrize("stored", [{"phone": "off", "lot": "error"}, {"lot": "error"}, {}])
def test_what_was_switched_off_is_a_warning(stored: dict[str, str]) -> None:
    assert severity_of(stored, Validation.PHONE) is Severity.WARNING
