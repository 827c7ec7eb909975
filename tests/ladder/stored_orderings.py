"""`python -m tests.ladder.stored_orderings --orderings 2000`, on a server of its own."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from store import schema
from store.database import engine_for
from tests.faults.servers import Postgres
from tests.ladder.machine import Cases, House
from tests.ladder.orderings import run
from tests.ladder.stored_house import StoredHouse


def stored(engine: sa.Engine) -> type[Cases]:
    """The machine on this database. The times are those of a ward without a plan: it has no quiet hours."""

    class StoredCases(Cases):
        def make_house(self, quiet: bool) -> House:
            self.quiet = False
            return StoredHouse(engine)

    return StoredCases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orderings", type=int, default=2000)
    wanted = parser.parse_args().orderings
    folder = Path(tempfile.mkdtemp(prefix="actalgia-orderings-"))
    postgres = Postgres(folder / "postgres", folder / "postgres.log")
    try:
        postgres.start()
        schema.upgrade(postgres.server.url)
        engine, began = engine_for(postgres.server.url), time.monotonic()
        run(stored(engine), wanted, steps=12)
        engine.dispose()
        print(f"{wanted} orderings of up to 12 happenings hold; {time.monotonic() - began:.0f} s")
    finally:
        postgres.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
