"""Epochs come out of the database as they were written, in order of time, missing as NaN."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from ingest.batch import write_batch
from ingest.messages import Epoch
from store.database import transaction
from store.epochs import read_epochs, read_five_seconds
from store.minutes import MadeMinutes, save_minutes
from tests.cast import NOON, enrol_cast, incoming, micro

MINUTE_US = 60_000_000


def test_minutes_of_raw_blocks_come_back_with_what_was_not_known(engine):
    cast = enrol_cast(engine)
    rng = np.random.default_rng(1)
    enmo, angle = rng.gamma(1, 30, (50, 12)), rng.normal(0, 40, (50, 12))
    enmo[3, 7] = angle[3, 7] = angle[9] = np.nan
    t_us = micro(NOON - timedelta(hours=2)) + rng.permutation(50) * MINUTE_US
    sway = rng.gamma(1, 1, 50)
    sway[5] = np.nan
    figures = (*np.ones((3, 50)), enmo, angle, sway, np.zeros(50, np.int64))
    made = MadeMinutes(np.full(50, cast.watch_1), t_us, *figures)
    with transaction(engine) as session:
        save_minutes(session, made)
        ((device, read_us, read_enmo, read_angle, read_sway),) = read_five_seconds(
            session, cast.steady, NOON - timedelta(days=1), NOON
        )
        (part,) = read_epochs(session, cast.steady, NOON - timedelta(days=1), NOON)
    order = np.argsort(t_us)
    assert device == part.device_id == cast.watch_1
    for found in (read_us, part.t_us):
        np.testing.assert_array_equal(found, t_us[order])
    np.testing.assert_array_equal(read_enmo, enmo[order].astype(np.float32))
    np.testing.assert_array_equal(read_angle, angle[order].astype(np.float32))
    np.testing.assert_array_equal(read_sway, sway[order].astype(np.float32))
    assert np.isnan(part.counts).all() and (part.enmo_mg == 1).all() and part.source == "raw"


def test_each_length_of_epochs_is_one_part(engine):
    cast = enrol_cast(engine)
    for seq, (epoch_s, counts) in enumerate([(60.0, [1.5, None, 3.0]), (30.0, [2.0])]):
        t0 = micro(NOON - timedelta(hours=3 - seq))
        message = Epoch(boot=1, seq=seq, t0=t0, epoch_s=epoch_s, counts=counts)
        write_batch(engine, [incoming("watch-1", message)], NOON)
    with transaction(engine) as session:
        half, whole = read_epochs(session, cast.steady, NOON - timedelta(days=1), NOON)
    assert (half.epoch_s, whole.epoch_s) == (30, 60)
    np.testing.assert_array_equal(whole.counts, [1.5, np.nan, 3.0])
    assert half.counts.tolist() == [2.0] and np.isnan(half.worn).all()


def test_who_never_wore_anything_has_no_parts(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        assert read_epochs(session, cast.steady, NOON - timedelta(days=1), NOON) == []
        assert read_five_seconds(session, cast.steady, NOON - timedelta(days=1), NOON) == []
