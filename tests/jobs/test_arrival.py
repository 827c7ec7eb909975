"""No result depends on how the data came: in which messages, in which order, how often, computed when."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analytics.days import day_bounds
from analytics.indices.nomenclature import STORED
from analytics.jobs.days import compute_days
from analytics.jobs.minutes import make_minutes
from ingest.batch import write_batch
from ingest.messages import Epoch, Raw
from store import people
from store.database import transaction
from tests.cast import NOON, incoming

ROME = ZoneInfo("Europe/Rome")
FIRST = date(2026, 3, 27)  #: two days before the clock changes
HZ, RAW_DAYS, COUNT_DAYS = 10, 2, 6
MINUTE_US = 60_000_000
START_US = day_bounds(FIRST, ROME)[0]
_number = count()


def arm() -> np.ndarray:
    """Two days of samples. The watch lies on a table from 22:15 to 23:15, which only whole hours show, and
    from 23:20 to 00:30, of which the first half hour is known when the next day is there."""
    rng = np.random.default_rng(1)
    n = RAW_DAYS * 86_400 * HZ
    hour = np.arange(n) / HZ / 3600
    awake = (hour % 24 >= 7) & (hour % 24 < 23.4)
    turn = np.repeat(rng.uniform(-1.2, 1.2, n // (5 * HZ)), 5 * HZ)
    posture = np.repeat(rng.uniform(-1.2, 1.2, n // (1200 * HZ)), 1200 * HZ)
    angle = np.where(awake, turn, posture)
    table = ((hour >= 22.25) & (hour < 23.25)) | ((hour >= 23 + 1 / 3) & (hour < 24.5))
    angle[table] = 0.3
    g = np.column_stack([np.cos(angle), np.zeros(n), np.sin(angle)])
    g += rng.normal(0, 1, (n, 3)) * np.where(table, 0.001, np.where(awake, 0.08, 0.005))[:, None]
    return np.clip(np.round(g * 256), -32768, 32767).astype("<i2")


def counts() -> np.ndarray:
    """Six days of counts from the second day on, with gaps, and 27 h of zeros from 20:00 to 23:00."""
    rng = np.random.default_rng(2)
    shape = np.where((np.arange(COUNT_DAYS * 1440) % 1440) > 480, 200, 3)
    x = rng.poisson(rng.gamma(0.7, shape)).astype(float)
    x[np.repeat(rng.random(COUNT_DAYS * 24) < 0.05, 60)] = np.nan
    zeros = 3 * 1440 + 1140
    x[zeros : zeros + 27 * 60] = 0
    x[zeros - 1] = x[zeros + 27 * 60] = 7
    return x


SAMPLES, COUNTS = arm(), counts()


def messages(block_min: int, epochs: int) -> list[Raw | Epoch]:
    n = block_min * 60 * HZ
    raw = [
        Raw(boot=1, seq=i, t0=START_US + round(at / HZ * 1e6), hz=HZ, scale=1 / 256,
            xyz=SAMPLES[at:at + n].tobytes())
        for i, at in enumerate(range(0, len(SAMPLES), n))
    ]  # fmt: skip
    values = [None if np.isnan(v) else v for v in COUNTS.tolist()]
    counted = [
        Epoch(boot=1, seq=i, t0=START_US + (1440 + at) * MINUTE_US, epoch_s=60.0,
              counts=values[at:at + epochs])
        for i, at in enumerate(range(0, len(values), epochs))
    ]  # fmt: skip
    return [*raw, *counted]


def in_batches(sent: list, rng: np.random.Generator, batches: int) -> list[list[int]]:
    """All messages shuffled, a fifth of them twice, in batches; 0 batches: day by day, the days shuffled."""
    if batches:
        order = np.r_[rng.permutation(len(sent)), rng.integers(0, len(sent), len(sent) // 5)]
        return [part.tolist() for part in np.array_split(order, batches)]
    day = np.array([(message.t0 - START_US) // (1440 * MINUTE_US) for message in sent])
    return [rng.permutation(np.flatnonzero(day == one)).tolist() for one in rng.permutation(np.unique(day))]


def somebody(engine) -> str:
    code = f"P-{next(_number)}"
    with transaction(engine) as session:
        patient = people.enrol_patient(session, code, "Europe/Rome")
        watch = people.enrol_device(session, f"watch-of-{code}", "hash")
        people.wear(session, watch, patient, NOON - timedelta(days=60))
    return code


def all_due(engine) -> None:
    for job in (make_minutes, compute_days):
        while job(engine, NOON):
            pass


def results(engine, code) -> dict:
    query = "SELECT day, index AS name, value, unit, reason, worn_min FROM reading.results WHERE patient = :p"
    with engine.connect() as connection:
        return {
            (row.day, row.name): tuple(row)[2:] for row in connection.execute(sa.text(query), {"p": code})
        }


@pytest.fixture
def expected(engine) -> dict:
    """What comes of all messages in order, computed once."""
    code = somebody(engine)
    write_batch(engine, [incoming(f"watch-of-{code}", one) for one in messages(60, 720)], NOON)
    all_due(engine)
    return results(engine, code)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(1, 60, 720, 0)
@example(2, 20, 720, 0)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([60, 20, 5]),
    st.sampled_from([1440, 97, 30]),
    st.integers(1, 5),
)
def test_every_index_is_the_same_however_its_messages_came(
    engine, expected, seed, block_min, epochs, batches
):
    rng, code = np.random.default_rng(seed), somebody(engine)
    sent = messages(block_min, epochs)
    for part in in_batches(sent, rng, batches):
        write_batch(engine, [incoming(f"watch-of-{code}", sent[i]) for i in part], NOON)
        all_due(engine)
    found = results(engine, code)
    assert found.keys() == expected.keys()
    for place, one in expected.items():
        assert found[place] == one, place


def test_the_days_of_the_test_have_values_of_nearly_every_index(expected):
    assert {name for _, name in expected} == {D.name for D in STORED}
    without = {D.name for D in STORED} - {
        name for (_, name), (value, *_) in expected.items() if value is not None
    }
    assert without <= {"steps", "DFA_alpha_7d", "DFA_alpha_short_7d", "DFA_alpha_long_7d"}, without
    assert any(day.month == 3 and name == "hours" and row[0] == 23 for (day, name), row in expected.items())
