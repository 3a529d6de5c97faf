"""How a connector describes its settings: one pydantic class, from which form, schema, prompts and docs are made.

Each field has a title and a sentence of help; a secret is a `SecretStr`, which makes it encrypted at rest, write-only
and redacted by value. A field added later needs a default.
"""

from pydantic import BaseModel, ConfigDict, SecretStr


class ConnectorSettings(BaseModel):
    """Base of every connector's settings: immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        """The names of the fields whose values are never shown, logged or exported."""
        return tuple(name for name, field in cls.model_fields.items() if field.annotation is SecretStr)

    def secret_values(self) -> tuple[str, ...]:
        """The secrets themselves, for redaction by value."""
        return tuple(
            value.get_secret_value()
            for name in self.secret_names()
            if (value := getattr(self, name)) and value.get_secret_value()
        )
