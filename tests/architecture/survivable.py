"""Whether the release before works on while the tables are newer already: what later migrations may do to them.

Run as a module, it names what that release would break on; `make check` does so.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence

import django
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED

OURS = "dockline."
Node = tuple[str, str]

HARMLESS: Mapping[Node, str] = {
    ("exchanges", "0002_fewer_indexes"): "Only indexes go, which longer ones stand in for.",
    (
        "inventory",
        "0006_editions_of_reported_rows",
    ): "The table that is forgotten stays: the release before writes to it.",
    ("inventory", "0007_reservations_change_in_place"): "Only an index goes that nobody asks, and pages keep room.",
    (
        "inventory",
        "0008_one_index_of_levels",
    ): "The same pair is unique as before, and only an index goes, which that of the pair stands in for.",
    ("shipments", "0011_fewer_indexes"): "Only an index goes, which longer ones stand in for.",
    ("shipments", "0010_alternates"): "A line of an order may be in a shipment once for each alternate, where it was "
    "once: what the release before writes is still allowed, and it upserts by that pair nowhere.",
}
"""Migrations whose operations do not show that they do no harm, each with why it does none."""


def read_later_migrations() -> dict[Node, Sequence[Operation]]:
    """The operations of each migration that an installation may have to go through: all but the first of each slice."""
    loader = MigrationLoader(None)
    return {
        node: migration.operations
        for node, migration in sorted(loader.disk_migrations.items())
        if type(migration).__module__.startswith(OURS) and not node[1].startswith("0001_")
    }


def list_breaking(node: Node, steps: Sequence[Operation]) -> Iterator[str]:
    """Say what in a migration the release before would break on."""
    made = {step.name.lower() for step in steps if isinstance(step, operations.CreateModel)}
    added = {(step.model_name.lower(), step.name) for step in steps if isinstance(step, operations.AddField)}
    for step in steps:
        where = f"{'.'.join(node)}: {step.describe()}"
        match step:
            case operations.CreateModel() | operations.AddIndex():
                pass
            case operations.AddField(field=field):
                if not field.null and not field.many_to_many and field.db_default is NOT_PROVIDED:
                    yield f"{where}: it does not know the column, which can be neither null nor filled by the database"
            case operations.AddConstraint(constraint=constraint):
                known = {(step.model_name.lower(), name) for name in getattr(constraint, "fields", ())}
                if step.model_name.lower() not in made and not known & added:
                    yield f"{where}: what it writes may not be allowed any more"
            case operations.RemoveConstraint():
                yield f"{where}: somebody may miss it"
            case operations.AlterField() if not step.field.null and step.field.db_default is NOT_PROVIDED:
                yield f"{where}: what it writes may not be allowed any more"
            case operations.AlterField():
                pass
            case _:
                yield f"{where}: nobody knows what this does to it"


def list_wrong() -> list[str]:
    """Name what the release before would break on, and excuses that are for nothing any more."""
    later = read_later_migrations()
    wrong = [one for node in later.keys() - HARMLESS.keys() for one in list_breaking(node, later[node])]
    return sorted(wrong + [f"{'.'.join(node)}: needs no excuse" for node in HARMLESS if not _is_doubtful(node, later)])


def _is_doubtful(node: Node, later: Mapping[Node, Sequence[Operation]]) -> bool:
    return any(list_breaking(node, later.get(node, ())))


def main() -> int:
    django.setup()
    for one in (wrong := list_wrong()):
        print(one)
    if wrong:
        print("Change it, or say in HARMLESS why it does no harm.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
