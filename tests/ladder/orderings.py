"""`python -m tests.ladder.orderings --orderings 100000`: random orderings on the pure core."""

from __future__ import annotations

import argparse
import time

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.ladder.machine import Cases, House
from tests.ladder.pure_house import PureHouse


class PureCases(Cases):
    def make_house(self, quiet: bool) -> House:
        return PureHouse(quiet)


def run(machine: type[Cases], examples: int, steps: int = 30) -> None:
    """Raises with the shortest ordering that breaks an invariant."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--orderings", type=int, default=100_000)
    wanted = parser.parse_args().orderings
    began = time.monotonic()
    run(PureCases, wanted)
    print(f"{wanted} orderings of up to 30 happenings hold; {time.monotonic() - began:.0f} s")
