"""Rows into a table by COPY in its binary form: a third of the cost of an INSERT, for the hot path.

COPY knows no ON CONFLICT: the caller makes sure that the rows are new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.arrays import read_arrays

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
POSTGRES_EPOCH_US = 946_684_800_000_000  #: PostgreSQL counts from 2000-01-01


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[bytes]) -> None:
    """Append rows that are packed as the manual of COPY says; in the session's transaction."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver_cursor(session, statement) as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(b"".join((_HEADER, *rows, _TRAILER)))


@contextmanager
def driver_cursor(
    session: Session, statement: str, *, binary: bool = False
) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """The driver's own cursor, in the session's transaction; `binary` is how results come.

    Raises what any other statement of a session raises: `sqlalchemy.exc.DBAPIError` and its kinds.
    """
    connection = session.connection().connection.driver_connection
    assert connection is not None
    try:
        with connection.cursor(binary=binary) as cursor:
            yield cursor
    except psycopg.Error as error:
        raise sa.exc.DBAPIError.instance(
            statement, None, error, psycopg.Error, connection_invalidated=connection.closed
        ) from error


def rows_with_arrays(session: Session, query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query as `sa.text` takes it; arrays of numbers as `arrays.read_arrays` gives them."""
    statement = str(sa.text(query).compile(dialect=session.get_bind().dialect))
    with driver_cursor(session, statement, binary=True) as cursor:
        read_arrays(cursor)
        return cursor.execute(statement.encode(), parameters).fetchall()


def timestamp(at: datetime) -> int:
    """An instant as PostgreSQL keeps it: microseconds since 2000, UTC."""
    since = at - _UNIX
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds - POSTGRES_EPOCH_US
