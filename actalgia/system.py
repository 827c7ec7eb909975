"""Where the running system is: from the data directory, or from the addresses of the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actalgia.settings import DEFAULT_DATA_DIR, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from supervise.layout import DataDir


MOST_CONNECTIONS = 15


class NoSystem(Exception):
    """Neither a data directory with a running system nor addresses are known."""


@dataclass(frozen=True, slots=True)
class System:
    """The system that a command works on."""

    database_url: str
    data: DataDir | None
    settings: Settings

    def engine(self, kept: int = 5) -> sa.Engine:
        """A connection pool to its database: at most 15, of which so many stay open."""
        from store.database import engine_for

        return engine_for(self.database_url, kept, MOST_CONNECTIONS - kept)


def find_system(data_dir: Path | None) -> System:
    """The system of `--data-dir`, else of the environment. Raises `NoSystem` in one sentence."""
    settings = Settings()
    if data_dir is None and settings.database_url:
        return System(settings.database_url, None, settings)
    from store.database import StoreError
    from supervise.layout import DataDir

    data = DataDir((data_dir or settings.data_dir or DEFAULT_DATA_DIR).resolve())
    try:
        return System(data.running()["database"], data, settings)
    except StoreError as error:
        raise NoSystem(f"{error} Or set ACTALGIA_DATABASE_URL for a system that runs elsewhere.") from error
