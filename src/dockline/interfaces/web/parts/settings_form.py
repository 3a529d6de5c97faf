"""A form made from the description of settings: what stands in each control, what was entered, what would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from django.http import QueryDict

from dockline.connectors.contract.settings import Kind, SettingField, as_text
from dockline.flows import changes
from dockline.flows.changes import Change

OTHER = "other"
LONGEST = 20_000


@dataclass(frozen=True)
class Control:
    """One control as it is drawn. `note` says what is stored of a secret, `locked` why it cannot be changed here."""

    setting: SettingField
    value: str
    was: str
    error: str = ""
    note: Mapping[str, str] = field(default_factory=dict)
    locked: str = ""
    example: str = ""

    @property
    def name(self) -> str:
        """What it is called in the form."""
        return self.setting.name

    @property
    def is_other(self) -> bool:
        """An address that is none of the known ones stands in a field of its own."""
        return self.setting.kind is Kind.ADDRESS and self.value not in dict(self.setting.choices)

    @property
    def is_on(self) -> bool:
        """Whether a switch is on."""
        return self.value == "true"


class SettingsForm:
    """The controls of one page. Made from what is stored; given a posted form, it holds what was entered instead.

    The form carries what it was filled with, so that a field nobody touched never overwrites what somebody else
    changed meanwhile.
    """

    def __init__(
        self,
        settings: Sequence[SettingField],
        stored: Mapping[str, Any],
        *,
        posted: QueryDict | None = None,
        notes: Mapping[str, Mapping[str, str]] | None = None,
        locked: Mapping[str, str] | None = None,
        examples: Mapping[str, str] | None = None,
    ) -> None:
        notes, locked, examples = notes or {}, locked or {}, examples or {}
        self.controls: list[Control] = []
        for setting in settings:
            now = "" if setting.kind is Kind.SECRET else as_text(stored.get(setting.name, setting.default))
            was = now if posted is None else posted.get(f"was.{setting.name}", now)[:LONGEST]
            value = now if posted is None or setting.name in locked else entered(setting, posted, now)
            self.controls.append(
                Control(
                    setting,
                    value,
                    was,
                    note=notes.get(setting.name, {}),
                    locked=locked.get(setting.name, ""),
                    example=examples.get(setting.name, ""),
                )
            )

    @property
    def groups(self) -> list[tuple[str, list[Control]]]:
        """The controls under their headings, in order."""
        return [(name, list(group)) for name, group in groupby(self.controls, key=lambda one: one.setting.group)]

    @property
    def has_finer(self) -> bool:
        """Whether there are settings that hardly anybody touches."""
        return any(one.setting.is_advanced for one in self.controls)

    @property
    def finer_wrong(self) -> bool:
        """Whether something is wrong with one of those."""
        return any(one.setting.is_advanced and one.error for one in self.controls)

    def values(self) -> dict[str, str]:
        """Everything as entered."""
        return {one.name: one.value for one in self.controls if not one.locked}

    def changed(self) -> dict[str, str]:
        """What was entered anew: that alone is saved."""
        return {one.name: one.value for one in self.controls if not one.locked and one.value != one.was}

    def list_changes(self) -> list[Change]:
        """What would change, in words."""
        before = {one.name: one.was for one in self.controls}
        return changes.list_changes([one.setting for one in self.controls], before, self.changed())

    def mark(self, problems: Mapping[str, str]) -> list[str]:
        """Put each problem to its control; return those that belong to none."""
        self.controls = [replace(one, error=problems.get(one.name, one.error)) for one in self.controls]
        names = {one.name for one in self.controls}
        return [words for name, words in problems.items() if name not in names]

    def note_held(self, secrets: Mapping[str, str]) -> None:
        """These secrets were entered before and are kept for this form: an empty control keeps them."""
        self.controls = [replace(one, note={"held": "yes"}) if one.name in secrets else one for one in self.controls]

    def rebase(self, stored: Mapping[str, Any]) -> None:
        """Somebody changed something meanwhile: what this person did not touch becomes what is stored now."""
        rebased = []
        for one in self.controls:
            if one.setting.kind is Kind.SECRET:
                rebased.append(one)
                continue
            now = as_text(stored.get(one.name, one.setting.default))
            rebased.append(replace(one, was=now, value=one.value if one.value != one.was else now))
        self.controls = rebased


def entered(setting: SettingField, posted: QueryDict, otherwise: str) -> str:
    """Read one control from a posted form, without trusting it."""
    if setting.kind is Kind.SWITCH:
        return "true" if posted.get(setting.name) else "false"
    text = posted.get(setting.name)
    if setting.kind is Kind.ADDRESS and text == OTHER:
        text = posted.get(f"{setting.name}.{OTHER}", "")
    return otherwise if text is None else text.strip(" ")[:LONGEST]
