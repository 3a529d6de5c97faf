"""The one clock for decisions: the database's, so that every process on every host agrees."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The database's current time, aware; advances inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None, "PostgreSQL answered a query without a row"
    instant: datetime = row[0]
    return instant
