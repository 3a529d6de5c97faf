"""The page of all settings, written from their declarations: `cartoncloud-simulator settings`."""

from typing import Any

import msgspec

from cartoncloud_simulator.settings import CustomerSettings, Settings, default_settings, describe_settings
from cartoncloud_simulator.settings_sources import OWN, SOURCES

_HEAD = """# Settings

Written by `cartoncloud-simulator settings`; a test keeps it current. What the documentation of the real API leaves open
is decided here and nowhere else. The section is that of the reference text the simulator is built from.

- `PATCH /_sim/settings` with `{name: value}` changes them for the tenant, checked as a whole; `null` brings the default
  back.
- `PATCH /_sim/customers/{id}` with `{"settings": {name: value}}` changes those that hold per customer; `null` takes the
  customer's own value back.
- `GET /_sim/settings/effective?customer=ID` shows what holds, and where it comes from: `default`, `tenant`, `customer`.
- A name there is not, or a value that does not fit, is refused by its name, and nothing is changed.

| Setting | Default | Meaning | Values | Per customer | Section |
| --- | --- | --- | --- | --- | --- |
"""


def write_page() -> str:
    """The whole page as Markdown."""
    defaults, described = default_settings(), describe_settings()
    schema: dict[str, Any] = msgspec.json.schema_components([Settings])[1]["Settings"]["properties"]
    rows = [
        f"| `{name}` | {_code(defaults[name])} | {_cell(described[name])} | {_values(schema[name])} "
        f"| {'yes' if name in CustomerSettings.__struct_fields__ else ''} | {SOURCES.get(name, OWN)} |\n"
        for name in sorted(Settings.__struct_fields__)
    ]
    return _HEAD + "".join(rows)


def _code(value: Any) -> str:
    return f"`{_cell(msgspec.json.encode(value).decode())}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _values(schema: dict[str, Any]) -> str:
    """The values there are, or their kind and bounds."""
    if "enum" in schema:
        return ", ".join(_code(value) for value in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return f"list of {_values(items)}"
    if schema.get("type") == "object":
        return "by name"
    bounds = [f"{sign} {schema[key]:g}" for key, sign in _BOUNDS.items() if key in schema]
    return " ".join([str(schema.get("type", "")), *bounds]).strip()


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
