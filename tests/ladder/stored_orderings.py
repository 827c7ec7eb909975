"""`python -m tests.ladder.stored_orderings --url postgresql://... --orderings 2000`, on an empty database."""

from __future__ import annotations

import argparse
import time

import sqlalchemy as sa

from store import schema
from store.database import engine_for
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--orderings", type=int, default=2000)
    given = parser.parse_args()
    schema.upgrade(given.url)
    began = time.monotonic()
    run(stored(engine_for(given.url)), given.orderings, steps=12)
    print(f"{given.orderings} orderings of up to 12 happenings hold; {time.monotonic() - began:.0f} s")
