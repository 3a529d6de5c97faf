"""Send a COPY and go on with something else while the database works on it."""

from collections.abc import Generator, Iterable
from itertools import chain

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import errors, generators, pq
from psycopg.copy import LibpqWriter

Steps = Generator[None, bool | None]
"""Advanced now and then, a step never waits for the database; sent True, it does wait."""


def copy_in_steps(cursor: CursorWrapper, statement: str, blocks: Iterable[bytes]) -> Steps:
    """Copy blocks, which are all in memory until they are sent; nothing happens where all are empty.

    Until the last step nothing else may be asked of the connection.
    """
    filled = filter(None, blocks)
    first = next(filled, None)
    if first is None:
        return
    with connection.wrap_database_errors:
        writer = _Writer(cursor.cursor)
        with cursor.copy(statement, writer=writer) as copy:
            for block in chain([first], filled):
                copy.write(block)
            writer.end()
            while writer.is_under_way():
                if (yield):
                    break


class _Writer(LibpqWriter):
    """Leaves what it is given with libpq, also that it was all, and waits only when it must."""

    def __init__(self, cursor: object) -> None:
        super().__init__(cursor, flush_threshold=1 << 40)  # type: ignore[arg-type]
        self._is_ended = False

    def end(self) -> None:
        self._is_ended = self._pgconn.put_copy_end() == 1

    def is_under_way(self) -> bool:
        """Send what can be sent, and say whether the database still works on it."""
        if not self._is_ended:
            return False
        self._pgconn.flush()
        self._pgconn.consume_input()
        return bool(self._pgconn.is_busy())

    def finish(self, exc: BaseException | None = None) -> None:
        """Wait for the outcome. Raises what the database refused it for."""
        if not self._is_ended:
            super().finish(exc)
            return
        outcomes = self.connection.wait(generators.execute(self._pgconn))
        failed = [each for each in outcomes if each.status != pq.ExecStatus.COMMAND_OK]
        if failed and exc is None:
            raise errors.error_from_result(failed[0])
