"""Everything that only TimescaleDB has. The rest of the code does not ask whether it is there."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Hypertable:
    """A table that is cut into chunks by time, and how old chunks are kept in columns."""

    table: str
    time: str
    chunk: str
    order_by: str
    columnstore_after: str


HYPERTABLES = (
    # Blocks are compressed already: no columnstore on top, it would only cost time.
    Hypertable("block", "t0", "1 day", "", ""),
    Hypertable("epoch", "t", "7 days", "t, source", "35 days"),
)

#: For every session of ours. Late data may meet any number of epochs that are kept in columns; by default a
#: statement that unpacks more than 100,000 of them fails. PostgreSQL alone takes note of it, and that is all.
SETTINGS = {"timescaledb.max_tuples_decompressed_per_dml_transaction": "0"}


def version(connection: sa.Connection) -> str | None:
    """The version of the extension in this database; None where it is not installed."""
    installed = connection.scalar(
        sa.text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    )
    return str(installed) if installed else None


def create_where_available(connection: sa.Connection) -> bool:
    """Install the extension and make the hypertables where the server offers it; whether it did."""
    offered = connection.scalar(
        sa.text("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    )
    if not offered:
        return False
    connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
    community = connection.scalar(sa.text("SHOW timescaledb.license")) == "timescale"
    for hyper in HYPERTABLES:
        connection.execute(
            # Without the index on time alone that it would add: it costs every row that is written, and the
            # planner took it to look for the newest epoch of one device among those of all.
            sa.text(
                "SELECT create_hypertable(:table, by_range(:time, CAST(:chunk AS interval)), "
                "create_default_indexes => false)"
            ),
            {"table": hyper.table, "time": hyper.time, "chunk": hyper.chunk},
        )
        if community and hyper.columnstore_after:
            connection.execute(
                sa.text(
                    f"ALTER TABLE {hyper.table} SET (timescaledb.compress, "
                    f"timescaledb.compress_segmentby = 'device_id', "
                    f"timescaledb.compress_orderby = '{hyper.order_by}')"
                )
            )
            connection.execute(
                sa.text("SELECT add_compression_policy(:table, CAST(:after AS interval))"),
                {"table": hyper.table, "after": hyper.columnstore_after},
            )
    return True


def hypertables(connection: sa.Connection) -> list[str]:
    """The tables of this database that are hypertables; empty without the extension."""
    if version(connection) is None:
        return []
    return list(
        connection.scalars(
            sa.text(
                "SELECT hypertable_name FROM timescaledb_information.hypertables "
                "WHERE hypertable_schema = 'public' ORDER BY 1"
            )
        )
    )


def sizes(connection: sa.Connection) -> dict[str, int]:
    """Bytes of each table of ours, chunks included."""
    chunked = set(hypertables(connection))
    tables = connection.scalars(
        sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    ).all()
    return {
        table: int(
            connection.scalar(
                sa.text(
                    "SELECT hypertable_size(CAST(:t AS regclass))"
                    if table in chunked
                    else "SELECT pg_total_relation_size(CAST(:t AS regclass))"
                ),
                {"t": f'public."{table}"'},
            )
            or 0
        )
        for table in tables
    }
