"""Give channels an address and a key for webhooks; keep the calls, and forget them."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

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


@dataclass(frozen=True)
class NewHint:
    """An authentic call. `woke` is the job it woke; empty when it is ignored."""

    channel_id: int
    kind: str
    size: int
    digest: str
    external_id: str
    body: str
    woke: str


def keep_hints(hints: Sequence[NewHint], *, now: datetime) -> None:
    """Keep authentic calls, and count them. Needs a transaction."""
    Hint.objects.bulk_create(Hint(received_at=now, **asdict(hint)) for hint in hints)
    came = Counter(hint.channel_id for hint in hints)
    ignored = Counter(hint.channel_id for hint in hints if not hint.woke)
    # In one order, so that two web servers that count calls never wait for each other.
    mine = list(Endpoint.objects.select_for_update().filter(channel_id__in=list(came)).order_by("channel_id"))
    for endpoint in mine:
        count = came[endpoint.channel_id]
        endpoint.received, endpoint.received_at = endpoint.received + count, now
        endpoint.ignored += ignored[endpoint.channel_id]
        if endpoint.received // TRIMMED_EVERY > (endpoint.received - count) // TRIMMED_EVERY:
            _trim(endpoint.channel_id)
    Endpoint.objects.bulk_update(mine, ["received", "ignored", "received_at"])


def note_refusals(tokens: Mapping[str, Collection[str]], *, now: datetime) -> None:
    """Remember that calls to these addresses were not let in, and why: `tokens` are by the reason.

    The same statement whether or not there are such addresses. A flood of them writes once in a while.
    """
    due = Q(refused_at__isnull=True) | Q(refused_at__lt=now - REFUSAL_NOTED_EVERY)
    for reason, called in tokens.items():
        digests = [digest_of(token) for token in called]
        Endpoint.objects.filter(due, token_digest__in=digests).update(refused_at=now, refused_reason=reason)


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
