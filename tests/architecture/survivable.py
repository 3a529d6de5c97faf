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
LOOSENED: Mapping[tuple[str, str], str] = {
    ("shipments", "0010_alternates"): "A line of an order may be in a shipment once for each alternate, where it was "
    "once: what the release before writes is still allowed, and it upserts by that pair nowhere.",
}
"""Migrations that take a constraint away, each with why nobody misses it."""

Node = tuple[str, str]


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
                if node not in LOOSENED:
                    yield f"{where}: say in LOOSENED why nobody misses it"
            case operations.AlterField() if not step.field.null and step.field.db_default is NOT_PROVIDED:
                yield f"{where}: what it writes may not be allowed any more"
            case operations.AlterField():
                pass
            case _:
                yield f"{where}: nobody knows what this does to it"


def main() -> int:
    django.setup()
    wrong = [one for node, steps in read_later_migrations().items() for one in list_breaking(node, steps)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
