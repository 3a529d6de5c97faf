"""The release before works on while the tables are newer already."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, RemoveField, RenameField, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED
from django.utils import timezone

from tests.architecture.survivable import list_breaking, list_wrong, read_later_migrations

NODE = ("orders", "0002_later")


@pytest.mark.fault("P06")
def test_no_later_migration_breaks_the_release_before() -> None:
    assert len(read_later_migrations()) > 5
    assert list_wrong() == []


@pytest.mark.parametrize(
    "step",
    [
        RemoveField("order", "note"),
        RenameField("order", "note", "notes"),
        AddField("order", "note", models.TextField(default="")),
        AlterField("order", "note", models.TextField()),
        AddConstraint("order", models.UniqueConstraint(fields=["note"], name="one_note")),
        AddConstraint("order", models.CheckConstraint(condition=models.Q(note="x"), name="that_note")),
        RunSQL("DROP TABLE orders"),
    ],
    ids=lambda step: step.describe(),
)
def test_a_migration_that_breaks_it_would_be_noticed(step: Operation) -> None:
    assert len(list(list_breaking(NODE, [step]))) == 1


def test_what_it_does_not_notice_is_let_through() -> None:
    steps = [
        AddField("order", "note", models.TextField(null=True)),
        AddField("order", "rank", models.IntegerField(default=0, db_default=0)),
        AddConstraint("order", models.UniqueConstraint(fields=["rank", "number"], name="one_rank")),
        AddIndex("order", models.Index(fields=["rank"], name="by_rank")),
    ]
    assert list(list_breaking(NODE, steps)) == []


@pytest.mark.fault("P06")
def test_the_tables_of_the_release_before_are_written_and_read_as_it_does(db: None) -> None:
    """Its tables as its migrations describe them, over the tables of today: each row that it writes it reads again."""
    loader = MigrationExecutor(connection).loader
    newest = {slice_: name for slice_, name in loader.graph.leaf_nodes() if (slice_, name) in read_later_migrations()}
    before = [
        parent.key
        for slice_, name in newest.items()
        for parent in loader.graph.node_map[slice_, name].parents
        if parent.key[0] == slice_
    ]
    apps = loader.project_state(before).apps
    changed = {
        (slice_, step.model_name)
        for slice_, name in newest.items()
        for step in loader.disk_migrations[slice_, name].operations
        if isinstance(step, AddField)
    }
    assert len(changed) > 3
    for slice_, name in sorted(changed):
        model = apps.get_model(slice_, name)
        written = _write(model)
        model.objects.filter(pk=written.pk).update(**_values(model))
        assert model.objects.filter(pk=written.pk).values().get(), f"{slice_}.{name}"
        model.objects.filter(pk=written.pk).delete()


def _write(model: Any) -> Any:
    values = _values(model)
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and not field.null:
            values[field.name] = _write(field.remote_field.model)
    return model.objects.create(**values)


def _values(model: Any) -> dict[str, Any]:
    """A value for each column that has none by itself."""
    found = {}
    for field in model._meta.local_fields:
        has_one = field.primary_key or field.null or field.default is not NOT_PROVIDED
        if not has_one and not isinstance(field, models.ForeignKey):
            found[field.name] = _value(field)
    return found


def _value(field: "models.Field[Any, Any]") -> Any:
    if field.choices:
        return next(iter(field.flatchoices))[0]
    match field:
        case models.DateTimeField():
            return timezone.now()
        case models.DecimalField():
            return Decimal(1)
        case models.BooleanField():
            return False
        case models.IntegerField():
            return 1
        case models.JSONField():
            return {}
        case _:
            return "x"
