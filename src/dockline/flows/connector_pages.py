"""Documentation of the connectors, written from what they declare; `docs/connectors` is made of it."""

from collections.abc import Iterable

from dockline.connectors.contract.settings import Kind, SettingField, describe_settings
from dockline.connectors.contract.spec import ConnectorSpec
from dockline.flows import connection, master_list

MADE = "<!-- Made by `dockline docs`; change what the connector declares instead. -->"


def list_pages() -> dict[str, str]:
    """Return every page by its file name: one per connector, and the master list."""
    specs = connection.list_connectors()
    return {"README.md": _master_list(specs)} | {f"{spec.key}.md": _page(spec) for spec in specs}


def _master_list(specs: Iterable[ConnectorSpec]) -> str:
    names = [column.label for column in master_list.COLUMNS]
    rows = [
        [f"[{spec.label}]({spec.key}.md)", *("yes" if holds else "" for _, holds in master_list.list_cells(spec))]
        for spec in specs
    ]
    meanings = [f"- **{column.label}**: {column.meaning}" for column in master_list.COLUMNS]
    parts = [MADE, "# Connectors", _table(["Name", *names], rows), "\n".join(meanings)]
    return "\n\n".join(parts) + "\n"


def _page(spec: ConnectorSpec) -> str:
    parts = [MADE, f"# {spec.label}", f"Key `{spec.key}`, {spec.status.value}."]
    can = [f"- {column.meaning}" for column, holds in master_list.list_cells(spec) if holds and column.label != "Beta"]
    if can:
        parts += ["## What it can do", "\n".join(can)]
    proven = master_list.list_proven(spec)
    if proven:
        rows = [[one.about, one.words, "<br>".join(f"`{test}`" for test in one.shown_by)] for one in proven]
        parts += ["## Certificate", master_list.describe_proof(spec), _table(["About", "What holds", "Shown by"], rows)]
    parts += ["## Setup Steps", "\n".join(f"{n}. {step}" for n, step in enumerate(spec.setup_steps, 1))]
    fields = describe_settings(spec.settings)
    if fields:
        rows = [[field.title, f"`{field.name}`", _value(field), field.help] for field in fields]
        parts += ["## Settings", _table(["Setting", "Name", "Value", "Meaning"], rows)]
    if spec.confirmations:
        rows = [[f"`{one.key}`", one.title, one.reason] for one in spec.confirmations]
        intro = "No call can read these. Whoever connects a channel confirms that they are so."
        parts += ["## Settings there that change orders", intro, _table(["Key", "To be so", "Otherwise"], rows)]
    if spec.webhooks:
        rows = [[one.label, one.when, f"`{one.hints_at}`"] for one in spec.webhooks.kinds]
        intro = "In Automation Mode *Webhook* these calls have what they hint at looked for at once."
        parts += ["## Webhooks", intro, _table(["About", "Called when", "Hints at"], rows)]
    if spec.personal_parts:
        left_out = ", ".join(spec.personal_parts)
        parts += ["## Personal data", f"Under *Suppress PII* these are not sent: {left_out}."]
    return "\n\n".join(parts) + "\n"


def _value(field: SettingField) -> str:
    if field.kind is Kind.SECRET:
        return "secret"
    if field.choices:
        return "; ".join(f"`{value}` {label}" for value, label in field.choices)
    return "required" if field.is_required else f"`{field.default}` by default" if field.default else "optional"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
