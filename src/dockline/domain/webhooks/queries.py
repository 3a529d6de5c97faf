"""What is asked about webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from dockline.domain.webhooks.models import Endpoint, Hint
from dockline.domain.webhooks.rules import digest_of
from dockline.kit.crypto import KeyProblem


@dataclass(frozen=True)
class EndpointRow:
    """A channel's endpoint, as a person reads it. `token` is empty where the installation's keys cannot read it."""

    channel_id: int
    token: str
    key_tail: str
    key_by: str
    key_at: datetime
    former_until: datetime | None
    received: int
    ignored: int
    received_at: datetime | None
    refused_at: datetime | None
    refused_reason: str


@dataclass(frozen=True)
class Door:
    """What decides whether a call is let in."""

    channel_id: int
    connector: str
    state: str
    automation_mode: str
    retry_at: datetime | None
    key_digest: str
    former_digest: str
    former_until: datetime | None


@dataclass(frozen=True)
class HintRow:
    """One call that was let in. `woke` is the job it woke; empty when it was ignored."""

    id: int
    kind: str
    received_at: datetime
    size: int
    digest: str
    external_id: str
    body: str
    woke: str


def find_endpoint(channel_id: int) -> EndpointRow | None:
    """Return the channel's endpoint, if it has one."""
    row = Endpoint.objects.filter(channel_id=channel_id).first()
    if row is None:
        return None
    try:
        token = settings.KEY_RING.decrypt(row.token, bound_to=place_of(channel_id))
    except KeyProblem:
        token = ""
    return EndpointRow(
        channel_id=channel_id,
        token=token,
        key_tail=row.key_tail,
        key_by=row.key_by,
        key_at=row.key_at,
        former_until=row.former_until,
        received=row.received,
        ignored=row.ignored,
        received_at=row.received_at,
        refused_at=row.refused_at,
        refused_reason=row.refused_reason,
    )


def has_endpoint(channel_id: int) -> bool:
    """Say whether the channel may be called at all."""
    return Endpoint.objects.filter(channel_id=channel_id).exists()


def find_doors(tokens: Iterable[str]) -> dict[str, Door]:
    """Return the living channels that are called at these addresses, by token."""
    digests = {digest_of(token): token for token in tokens}
    found = Endpoint.objects.select_related("channel").filter(
        token_digest__in=list(digests), channel__deleted_at__isnull=True
    )
    return {
        digests[row.token_digest]: Door(
            channel_id=row.channel_id,
            connector=row.channel.connector,
            state=row.channel.state,
            automation_mode=row.channel.automation_mode,
            retry_at=row.channel.retry_at,
            key_digest=row.key_digest,
            former_digest=row.former_digest,
            former_until=row.former_until,
        )
        for row in found
    }


def list_hints(channel_id: int, *, limit: int = 20) -> list[HintRow]:
    """List the newest calls that were let in."""
    names = HintRow.__dataclass_fields__
    return [HintRow(**row) for row in Hint.objects.filter(channel_id=channel_id).order_by("-id").values(*names)[:limit]]


def place_of(channel_id: int) -> str:
    """What the encrypted token is bound to."""
    return f"channel:{channel_id}:webhooks:token"
