"""The one way a changed setting is written down, whatever page or command changed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dockline.connectors.contract.settings import Kind, SettingField, as_text
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact

SETTING_CHANGED = "setting.changed"
REPLACED = "replaced"


@dataclass(frozen=True)
class Change:
    """One setting, as people read it: before and after in words. A secret is `after="replaced"` and nothing before."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Subject:
    """Whose settings they are, such as ("channel", 7). What belongs to the organization has no account."""

    kind: str
    id: int
    account_id: int | None = None


def list_changes(fields: Sequence[SettingField], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Compare settings, and say what differs in words. A secret that is given at all is replaced."""
    found = []
    for field in fields:
        if field.kind is Kind.SECRET:
            if after.get(field.name):
                found.append(Change(field.name, field.title, "", REPLACED))
        elif field.name in after and as_text(before.get(field.name)) != as_text(after[field.name]):
            words = field.words(before.get(field.name)), field.words(after[field.name])
            found.append(Change(field.name, field.title, *words))
    return found


def remember_changes(
    subject: Subject, changes: Sequence[Change], *, actor: str, now: datetime, version: int | None = None
) -> None:
    """Write each changed setting to history. Call it in the transaction that changes them.

    `version` is what the subject's version grew to, where it has one: so is told what somebody else changed since.
    """
    history.remember([_fact(subject, change, version) for change in changes], actor=actor, now=now)


def remember_deed(subject: Subject, kind: str, sentence: str, *, actor: str, now: datetime) -> None:
    """Write down what was done to the subject as a whole: connected, disabled, deleted, restored."""
    fact = Fact(subject.account_id, kind, subject.kind, subject.id, sentence)
    history.remember([fact], actor=actor, now=now)


def _fact(subject: Subject, change: Change, version: int | None) -> Fact:
    return Fact(
        account_id=subject.account_id,
        kind=SETTING_CHANGED,
        subject_kind=subject.kind,
        subject_id=subject.id,
        sentence=_sentence(change),
        detail={
            "field": change.field,
            "label": change.label,
            "from": change.before,
            "to": change.after,
            "version": version,
        },
    )


def _sentence(change: Change) -> str:
    if change.after == REPLACED and not change.before:
        return f"{change.label} replaced."
    return f"{change.label}: {change.before or 'empty'} → {change.after or 'empty'}."
