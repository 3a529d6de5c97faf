"""Append facts to history, in the transaction that changes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dockline.domain.history.models import Event


@dataclass(frozen=True)
class Fact:
    """One change to remember: what happened to which subject, in a sentence a person understands."""

    account_id: int | None
    kind: str
    subject_kind: str
    subject_id: int
    sentence: str
    detail: dict[str, Any] = field(default_factory=dict)


def remember(facts: Sequence[Fact], *, actor: str, now: datetime) -> None:
    """Append all facts in one statement."""
    Event.objects.bulk_create(
        [
            Event(
                account_id=fact.account_id,
                at=now,
                actor=actor,
                kind=fact.kind,
                subject_kind=fact.subject_kind,
                subject_id=fact.subject_id,
                sentence=fact.sentence,
                detail=fact.detail,
            )
            for fact in facts
        ],
        batch_size=1000,
    )
