"""What the tables hold at a moment, to be put back before each of many tests that break something in it."""

from dataclasses import dataclass

from django.db import connection, transaction
from psycopg import sql


@dataclass(frozen=True)
class Snapshot:
    """The rows of every table that has any, as COPY gives them, and where each sequence stands."""

    rows: dict[str, bytes]
    sequences: dict[str, int]

    def put_back(self) -> None:
        """Fill the tables, which are empty."""
        with transaction.atomic(), connection.cursor() as cursor:
            # What lines name must be there before them; all other keys are looked at in the end.
            for table in sorted(self.rows, key=lambda table: (table.endswith("line"), table)):
                with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(self.rows[table])
            for sequence, last in self.sequences.items():
                cursor.execute("SELECT setval(%s, %s)", [sequence, last])


def take() -> Snapshot:
    """Read every table but those that Django fills and those of jobs: at rest none waits."""
    rows: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(("django_", "auth_permission", "procrastinate_")):
                with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                    if held := b"".join(bytes(part) for part in copy):
                        rows[table] = held
        cursor.execute(
            "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"
            " WHERE last_value > 0 AND sequencename NOT LIKE 'procrastinate%%'",
            [],
        )
        return Snapshot(rows, dict(cursor.fetchall()))
