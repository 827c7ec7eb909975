"""Random orderings on the pure core, the seeded tenth of them; `tests.ladder.orderings` runs as many as asked."""

from __future__ import annotations

from tests.ladder.orderings import PureCases, run


def test_whatever_happens_in_whatever_order_nobody_is_told_too_often_and_nothing_is_lost():
    run(PureCases, 10_000)
