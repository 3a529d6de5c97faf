"""A text enumeration whose members carry the words people read."""

from enum import StrEnum


class Choice(StrEnum):
    """Members are written `NAME = "stored", "Shown"`."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "Choice":
        """Keep the label beside the stored value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """The pairs a form or a database field wants."""
        return [(member.value, member.label) for member in cls]
