"""What transactions may ask of PostgreSQL beyond Django."""

from django.db import connection


def commit_soon() -> None:
    """Let this transaction's commit return before it is on disk: for facts that can be found out again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
