"""Run by Alembic for each migration command."""

from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import context

from store import schema

# Two programs that migrate at once would trip over each other: the second waits here.
MIGRATION_LOCK = 7_153_201_944


def run() -> None:
    url = context.config.attributes.get("url") or os.environ["ACTALGIA_DATABASE_URL"]
    engine = schema.migration_engine(url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            context.configure(
                connection=connection,
                target_metadata=schema.metadata,
                include_schemas=False,
                compare_type=True,
                transaction_per_migration=True,
            )
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
    engine.dispose()


run()
