"""Keep the plan of a table, and forget it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from dockline.domain.tables.models import PlannedTable
from dockline.domain.tables.rules import ImportMode, JudgedRow

FORGOTTEN_AFTER = timedelta(days=1)


def begin_table(account_id: int, *, kind: str, mode: ImportMode, source: str, actor: str, now: datetime) -> int:
    """Begin the plan of a table. Needs a transaction."""
    table = PlannedTable.objects.create(
        account_id=account_id, kind=kind, mode=mode, source=source[:200], actor=actor[:150], made_at=now
    )
    return table.pk


def add_rows(table_id: int, rows: Iterable[JudgedRow]) -> None:
    """Add judged rows to a plan."""
    columns = "table_id, at_row, begins_at, cells, before, outcome, field, reason"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY tables_plannedtablerow ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            before = None if row.before is None else list(row.before)
            told = (str(row.outcome), row.field, row.reason)
            copy.write_row((table_id, row.at_row, row.begins_at, list(row.cells), before, *told))


def refuse_repeated(table_id: int, *, places: Sequence[int], field: str) -> None:
    """Refuse rows whose name, the cells at these places, stands further up, apart from the rows they belong to."""
    name = ", ".join(f"cells[{int(place) + 1}]" for place in places)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE tables_plannedtablerow row SET outcome = 'refused', field = %(field)s,
                   reason = 'is in row ' || again.first_at || ' already. Keep one of them, or put them together'
            FROM (SELECT id, begins_at, min(begins_at) OVER (PARTITION BY {name}) AS first_at
                  FROM tables_plannedtablerow WHERE table_id = %(table)s) again
            WHERE row.id = again.id AND again.first_at < again.begins_at AND row.outcome <> 'refused'
            """,  # noqa: S608
            {"table": table_id, "field": field},
        )
        # What a refused row would have taken away stays.
        cursor.execute(
            "DELETE FROM tables_plannedtablerow WHERE table_id = %s AND at_row = 0 AND outcome = 'refused'", [table_id]
        )


def refuse_named_elsewhere(table_id: int, *, place: int, among: int, field: str, reason: str) -> None:
    """Refuse rows whose cell at one place stands at another place in some row of the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tables_plannedtablerow row SET outcome = 'refused', field = %(field)s, reason = %(reason)s
            WHERE row.table_id = %(table)s AND row.outcome NOT IN ('refused', 'removed') AND row.cells[%(place)s] IN (
                SELECT other.cells[%(among)s] FROM tables_plannedtablerow other
                WHERE other.table_id = %(table)s AND other.outcome NOT IN ('refused', 'removed'))
            """,
            {"table": table_id, "place": place + 1, "among": among + 1, "field": field, "reason": reason},
        )


def lock_tables(account_id: int) -> None:
    """Let one transaction at a time apply a table of an account. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tables'), %s)", [account_id])


@transaction.atomic
def forget_old_tables(*, now: datetime) -> None:
    """Forget the plans of yesterday: there may be personal data in them."""
    for table_id in PlannedTable.objects.filter(made_at__lt=now - FORGOTTEN_AFTER).values_list("id", flat=True):
        drop_table(table_id)


def drop_table(table_id: int) -> None:
    """Forget a plan."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tables_plannedtablerow WHERE table_id = %s", [table_id])
        cursor.execute("DELETE FROM tables_plannedtable WHERE id = %s", [table_id])
