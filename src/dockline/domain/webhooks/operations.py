"""Give channels an address and a key for webhooks; keep the calls, and forget them."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db.models import F, Q

from dockline.domain.webhooks.models import Endpoint, Hint
from dockline.domain.webhooks.queries import place_of
from dockline.domain.webhooks.rules import (
    FORMER_KEY_LIVES,
    HINTS_KEPT,
    HINTS_KEPT_FOR,
    REFUSAL_NOTED_EVERY,
    TRIMMED_EVERY,
    digest_of,
)
from dockline.kit.crypto import KeyRing

FORGOTTEN_AT_A_TIME = 1000


def open_endpoint(channel_id: int, *, actor: str, now: datetime) -> str:
    """Give a channel a new address and a new key, and return the key. Former ones stop working at once."""
    token, key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    Endpoint.objects.update_or_create(
        channel_id=channel_id,
        defaults={
            "token": settings.KEY_RING.encrypt(token, bound_to=place_of(channel_id)),
            "token_digest": digest_of(token),
            "former_digest": "",
            "former_until": None,
            **_key(key, actor=actor, now=now),
        },
    )
    return key


def replace_key(channel_id: int, *, actor: str, now: datetime) -> str:
    """Give an endpoint a new key and return it. The former goes on working for a while. Needs a transaction."""
    endpoint = Endpoint.objects.select_for_update().get(channel_id=channel_id)
    key = secrets.token_urlsafe(32)
    Endpoint.objects.filter(id=endpoint.id).update(
        former_digest=endpoint.key_digest, former_until=now + FORMER_KEY_LIVES, **_key(key, actor=actor, now=now)
    )
    return key


def close_endpoint(channel_id: int) -> None:
    """Take a channel's address away, and what is kept of the calls."""
    Endpoint.objects.filter(channel_id=channel_id).delete()
    Hint.objects.filter(channel_id=channel_id).delete()


def keep_hint(
    channel_id: int, *, kind: str, size: int, digest: str, external_id: str, body: str, woke: str, now: datetime
) -> None:
    """Keep an authentic call, and count it. Needs a transaction."""
    Hint.objects.create(
        channel_id=channel_id,
        kind=kind,
        received_at=now,
        size=size,
        digest=digest,
        external_id=external_id,
        body=body,
        woke=woke,
    )
    mine = Endpoint.objects.filter(channel_id=channel_id)
    mine.update(received=F("received") + 1, ignored=F("ignored") + int(not woke), received_at=now)
    if mine.values_list("received", flat=True).get() % TRIMMED_EVERY == 0:
        _trim(channel_id)


def note_refusal(token: str, *, reason: str, now: datetime) -> None:
    """Remember that a call to this address was not let in. The same statement whether or not there is such an address.

    A flood of them writes once in a while.
    """
    due = Q(refused_at__isnull=True) | Q(refused_at__lt=now - REFUSAL_NOTED_EVERY)
    Endpoint.objects.filter(due, token_digest=digest_of(token)).update(refused_at=now, refused_reason=reason)


def forget_old_hints(*, now: datetime) -> int:
    """Forget the calls that are older than they are kept; returns how many."""
    old = Hint.objects.filter(received_at__lt=now - HINTS_KEPT_FOR).order_by("received_at")
    return Hint.objects.filter(id__in=list(old.values_list("id", flat=True)[:FORGOTTEN_AT_A_TIME])).delete()[0]


def reseal_all(ring: KeyRing) -> int:
    """Encrypt every token anew with the ring's current key. Returns how many; needs a transaction."""
    count = 0
    for endpoint in Endpoint.objects.select_for_update().order_by("id"):
        place = place_of(endpoint.channel_id)
        endpoint.token = ring.encrypt(ring.decrypt(endpoint.token, bound_to=place), bound_to=place)
        endpoint.save(update_fields=["token"])
        count += 1
    return count


def _key(key: str, *, actor: str, now: datetime) -> dict[str, object]:
    return {"key_digest": digest_of(key), "key_tail": key[-4:], "key_by": actor, "key_at": now}


def _trim(channel_id: int) -> None:
    newest = Hint.objects.filter(channel_id=channel_id).order_by("-id").values_list("id", flat=True)
    oldest_kept = next(iter(newest[HINTS_KEPT - 1 : HINTS_KEPT]), None)
    if oldest_kept is not None:
        Hint.objects.filter(channel_id=channel_id, id__lt=oldest_kept).delete()
