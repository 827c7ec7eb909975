"""All tables in one place, and the way to the newest schema."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.database import Base, driver_url

metadata = Base.metadata


def config(url: str) -> Config:
    """Alembic's configuration for one database; the scripts travel with the package."""
    here = Path(__file__).resolve().parent
    shipped, source = here / "migrations", here.parent / "alembic"
    settings = Config()
    settings.set_main_option("script_location", str(shipped if shipped.exists() else source))
    settings.attributes["url"] = url
    return settings


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; repeat-safe, and one migration at a time runs."""
    command.upgrade(config(url), "head")


def revisions(engine: sa.Engine, url: str) -> tuple[str | None, str | None]:
    """(the revision of the database, the newest revision there is)."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(config(url)).get_current_head()


def migration_engine(url: str) -> sa.Engine:
    """An engine without statement time-outs, but one that never queues long behind a lock."""
    return sa.create_engine(
        driver_url(url),
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=30s"},
    )
