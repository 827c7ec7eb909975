"""A short selection of the faults of `make faults`; the seed is fixed, so that a failure comes again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import broker
from tests.faults.house import House
from tests.faults.play import NAMED, Theatre

SEED, DEVICES, EACH = 7, 12, 150
SHORT = (
    "ingest_ended_before_commit",
    "ingest_ended_after_receipt",
    "broker_killed_in_a_burst",
    "database_killed",
    "out_of_order",
)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    if broker.mosquitto.installed() is None:
        pytest.skip("needs mosquitto: make system")
    with House(tmp_path_factory.mktemp("faults")) as house:
        yield Theatre(house, SEED, DEVICES, EACH)


@pytest.mark.parametrize("name", SHORT)
def test_nothing_is_lost_or_doubled(theatre: Theatre, name: str):
    outcome = theatre.play(NAMED[name])
    assert outcome.well, outcome.findings.sentences()
    assert outcome.receipted == outcome.messages > DEVICES * EACH * 0.9
