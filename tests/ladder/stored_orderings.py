"""`python -m tests.ladder.stored_orderings --orderings 2000`, on a server of its own."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import rule

from store import schema
from store.database import engine_for
from tests.faults.servers import Postgres
from tests.ladder.machine import Cases, House, people, severities
from tests.ladder.orderings import run
from tests.ladder.stored_house import StoredHouse


def stored(engine: sa.Engine) -> type[Cases]:
    """The machine on this database. Here workers die at any statement too, and two things happen at once."""

    class StoredCases(Cases):
        house: StoredHouse

        def make_house(self, quiet: bool) -> House:
            return StoredHouse(engine, quiet)

        @rule(what=st.sampled_from(("decides", "takes turns")), severity=severities, after=st.integers(0, 15))
        def a_worker_dies_while_it(self, what: str, severity: str, after: int) -> None:
            was = self.house.newest_case(), self.house.messages()
            with self.house.dying(after) as died:
                if what == "decides":
                    self.a_page_is_decided(severity)
                else:
                    self.workers_take_turns(1)
            if died:
                assert (self.house.newest_case(), self.house.messages()) == was, "all of it or nothing"

        @rule(by=people, after=st.integers(0, 15))
        def a_person_loses_the_connection_while_answering(self, by: str, after: int) -> None:
            was = self.house.newest_case(), self.house.messages()
            with self.house.dying(after) as died:
                self.somebody_acknowledges(by, None)
            if died:
                assert (self.house.newest_case(), self.house.messages()) == was, "all of it or nothing"

        @rule(after=st.integers(0, 25))
        def a_worker_dies_while_it_sends(self, after: int) -> None:
            with self.house.dying(after):
                self.a_worker_sends("well")

        @rule(by=people)
        def somebody_acknowledges_while_a_turn_is_taken(self, by: str) -> None:
            before = self.house.open_case()
            if self.house.acknowledge_while_a_turn_is_taken(by, self.at):
                case = self.house.open_case()
                # The turn may have been the one that ends what an answer before held.
                assert case is not None and case[1].acknowledged_by == by
                self.has_it, self.told_before = True, len(self.sendable())
            else:
                self.noticed(before, self.house.open_case())

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
