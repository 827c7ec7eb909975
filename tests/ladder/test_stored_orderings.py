"""Random orderings on a real PostgreSQL, the seeded tenth of them; `tests.ladder.stored_orderings` runs more."""

from __future__ import annotations

from tests.ladder.orderings import run
from tests.ladder.stored_orderings import stored


def test_whatever_happens_in_whatever_order_it_holds_in_the_database(engine):
    run(stored(engine), 200, steps=12)
