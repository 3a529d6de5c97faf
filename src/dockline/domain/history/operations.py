"""Append facts to history, in the transaction that changes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection


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
    if not facts:
        return
    rows = [
        {
            "account_id": fact.account_id,
            "kind": fact.kind,
            "subject_kind": fact.subject_kind,
            "subject_id": fact.subject_id,
            "sentence": fact.sentence,
            "detail": fact.detail,
        }
        for fact in facts
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO history_event (account_id, at, actor, kind, subject_kind, subject_id, sentence, detail)
            SELECT account_id, %s, %s, kind, subject_kind, subject_id, sentence, detail
            FROM json_to_recordset(%s::json) AS said(account_id bigint, kind text, subject_kind text,
                                                     subject_id bigint, sentence text, detail jsonb)
            """,
            [now, actor, msgspec.json.encode(rows).decode()],
        )
