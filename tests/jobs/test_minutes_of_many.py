"""Minutes of many devices at once: each as if its device were alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs import minutes
from analytics.jobs.minutes import make_minutes
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.samples import Samples
from ingest.batch import write_batch
from ingest.messages import Raw
from store import blocks, people
from store.database import transaction
from tests.cast import NOON, enrol_cast, incoming, micro

START = NOON - timedelta(hours=10)
VALUES = ("enmo_mg", "mad_mg", "anglez_deg")
KINDS = [  # rate [Hz], g per unit, samples in a block, seconds from one block to the next block's start
    pytest.param(50.0, 1 / 1024, 3000, 60.0, id="minutes from second 37"),
    pytest.param(30.0, 1 / 256, 1000, 33.3, id="blocks that overlap a little"),
    pytest.param(31.25, 0.001, 4000, 200.0, id="with gaps"),
    pytest.param(12.5, 0.004, 60_000, 4800.0, id="an hour and more in one block"),
    pytest.param(1.0, 0.01, 600, 600.0, id="one a second"),
]


def wrist(kind, device, chance, count):
    """Blocks as one device sends them."""
    hz, scale, n, step_s = kind
    first = START + timedelta(seconds=37 + device * 211.003)
    return [
        Raw(
            boot=1,
            seq=i,
            t0=micro(first) + round(i * step_s * 1e6),
            hz=hz,
            scale=scale,
            xyz=chance.integers(-1500, 1500, (n, 3)).astype("<i2").tobytes(),
        )
        for i in range(count)
    ]


@pytest.fixture
def house(engine: sa.Engine) -> tuple[dict[str, int], list[tuple[str, Raw]]]:
    """Two devices of each kind, all known to cut minutes, and what they send."""
    enrol_cast(engine)
    chance = np.random.default_rng(11)
    kinds = [param.values for param in KINDS] * 2
    with transaction(engine) as session:
        steady = people.patient_by_code(session, "P-steady")
        devices = [people.enrol_device(session, f"wrist-{i}", "hash") for i in range(len(kinds))]
        people.wear(session, devices[0], steady, START - timedelta(days=2))
        ids = {device.name: device.id for device in devices}
        blocks.keep_ragged(session, ids.values())
    sent = [
        (name, block)
        for i, (name, kind) in enumerate(zip(ids, kinds, strict=True))
        for block in wrist(kind, i, chance, 2 if kind[2] == 60_000 else 9)
    ]
    return ids, sent


def write(engine, messages):
    done = write_batch(engine, [incoming(name, block) for name, block in messages], NOON)
    assert done.stored == len(messages)


def all_minutes(engine):
    while make_minutes(engine, NOON):
        pass
    with engine.connect() as connection:
        return connection.execute(
            sa.text(
                "SELECT device_id, t, enmo_mg, mad_mg, anglez_deg, enmo_5s_mg, anglez_5s_deg FROM epoch "
                "WHERE source = 'raw' AND epoch_s = 60 ORDER BY device_id, t"
            )
        ).all()


def alone(sent, ids):
    """The minutes of each device from all of its blocks, as the table holds them."""
    rows = []
    for name, device_id in sorted(ids.items(), key=lambda one: one[1]):
        own = [
            Samples(b.t0, b.hz, b.scale, np.frombuffer(b.xyz, "<i2").reshape(-1, 3))
            for device, b in sent
            if device == name
        ]
        made = epochs_of_minutes(own)
        for i in np.flatnonzero(~np.isnan(made.enmo_mg)):
            values = [real(getattr(made, name)[i]) for name in VALUES]
            fives = [[real(v) for v in five[i]] for five in (made.enmo_5s_mg, made.anglez_5s_deg)]
            rows.append((device_id, datetime.fromtimestamp(made.t_us[i] / 1e6, UTC), *values, *fives))
    return rows


def real(value):
    """What a column of four bytes gives back for it."""
    return None if np.isnan(value) else float(str(np.float32(value)))


@pytest.mark.parametrize(
    ("samples", "stretches", "at_once"),
    [pytest.param(600_000, 256, 512, id="at once"), pytest.param(8_000, 3, 4, id="little by little")],
)
def test_minutes_of_all_kinds_of_devices_are_those_of_each_alone(
    engine, house, monkeypatch, samples, stretches, at_once
):
    for name, value in (("SAMPLES", samples), ("STRETCHES", stretches), ("AT_ONCE", at_once)):
        monkeypatch.setattr(minutes, name, value)
    ids, sent = house
    for i in range(0, len(sent), 20):
        write(engine, sent[i : i + 20])
    found = [tuple(row) for row in all_minutes(engine)]
    assert found == alone(sent, ids), "to the last bit"
    assert len(found) > 300
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM new_blocks")) == 0
        days = connection.execute(sa.text("SELECT day::text, kind FROM stale_day")).all()
    assert [tuple(day) for day in days] == [("2026-05-04", "movement")], "of the one who wears one of them"


def test_minutes_do_not_depend_on_the_order_in_which_the_blocks_of_many_devices_come(engine, house):
    ids, sent = house
    chance = np.random.default_rng(7)
    for part in np.array_split(chance.permutation(len(sent)), 6):
        write(engine, [sent[i] for i in part])
        if chance.random() < 0.7:
            make_minutes(engine, NOON)
    assert [tuple(row) for row in all_minutes(engine)] == alone(sent, ids)


def test_two_that_take_at_once_never_take_the_same(engine, house, monkeypatch):
    _, sent = house
    for i in range(0, len(sent), 20):
        write(engine, sent[i : i + 20])
    with engine.connect() as connection:
        waiting = connection.scalar(sa.text("SELECT count(*) FROM new_blocks"))
    with transaction(engine) as one, transaction(engine) as other:
        first, second = blocks.take_new_blocks(one, 5), blocks.take_new_blocks(other, 1000)
        assert len(first) >= 5 and len(first) + len(second) == waiting
        of_first = {device for device, _, _ in first}
        assert of_first.isdisjoint(device for device, _, _ in second), "what waits of a device goes together"
        one.rollback()
    with transaction(engine) as session:
        assert sorted(blocks.take_new_blocks(session, 1000)) == sorted(first), (
            "a worker that died took nothing"
        )
