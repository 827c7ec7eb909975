import hashlib
import threading
import time
from itertools import islice

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.messages import MAX_MESSAGE_BYTES, Raw
from simulate.connection import Address
from simulate.device import Device
from simulate.recorded import DAY_US, HOUR_US, boot_of, epoch_messages, raw_messages, rounds, shift_to_end
from simulate.replay import replay, span_us

T0 = 1_770_000_000_000_000  # 2026-02-02T02:40:00Z


def grid(n, epoch_s=60.0):
    return T0 + (np.arange(n) * epoch_s * 1e6).astype(np.int64)


def packed(messages):
    return [msgspec.msgpack.encode(m) for m in messages]


@settings(max_examples=60, deadline=None)
@given(
    kept=st.lists(st.booleans(), min_size=1, max_size=400),
    per_message=st.one_of(st.none(), st.integers(1, 90)),
    epoch_s=st.sampled_from([5.0, 60.0, 300.0]),
)
def test_every_epoch_is_sent_once_in_order_and_at_its_time(kept, per_message, epoch_s):
    there = np.array(kept)
    t_us = grid(len(kept), epoch_s)[there]
    activity = np.arange(len(kept), dtype=float)[there]
    sent = list(epoch_messages(t_us, epoch_s, activity, "counts", 1, per_message))
    got = [(m.t0 + round(k * epoch_s * 1e6), value) for m in sent for k, value in enumerate(m.counts)]
    assert got == list(zip(t_us.tolist(), activity.tolist(), strict=True))
    assert [m.seq for m in sent] == list(range(len(sent)))


def test_a_gap_begins_a_new_message():
    t_us = np.delete(grid(10), [4, 5])
    first, second = epoch_messages(t_us, 60.0, np.ones(8), "enmo_mg", 1, per_message=100)
    assert (len(first.enmo_mg), len(second.enmo_mg)) == (4, 4)
    assert second.t0 - first.t0 == 6 * 60_000_000


def test_without_a_size_a_message_ends_with_its_hour():
    sent = list(epoch_messages(grid(200), 60.0, np.ones(200), "counts", 1))
    assert [len(m.counts) for m in sent] == [20, 60, 60, 60]
    assert all(m.t0 % HOUR_US == 0 for m in sent[1:])


def test_what_was_not_measured_is_null_on_the_wire():
    (message,) = epoch_messages(grid(3), 60.0, np.array([1.5, np.nan, 0.0]), "enmo_mg", 1, 10)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(message))["enmo_mg"] == [1.5, None, 0.0]


def test_stamps_that_waver_by_a_little_stay_in_one_message():
    wavering = grid(60) + np.tile([0, 300_000, -300_000], 20)
    assert len(list(epoch_messages(wavering, 60.0, np.ones(60), "counts", 1, 60))) == 1


@pytest.mark.parametrize("arguments", [("pain", 3, None), ("counts", 4, None), ("counts", 3, 0)])
def test_arrays_that_do_not_fit_are_refused(arguments):
    measure, values, per_message = arguments
    with pytest.raises(ValueError):
        list(epoch_messages(grid(3), 60.0, np.ones(values), measure, 1, per_message))


@pytest.mark.parametrize("hz", [31.25, 50.0, 85.7, 100.0 / 3])
def test_blocks_of_samples_do_not_drift(hz):
    xyz = np.random.default_rng(1).integers(-2000, 2000, (60_011, 3)).astype(np.int16)
    sent = list(raw_messages(T0, hz, xyz, 1 / 256, 1, block_s=7.0))
    back = np.concatenate([np.frombuffer(m.xyz, "<i2").reshape(-1, 3) for m in sent])
    assert np.array_equal(back, xyz)
    first = np.cumsum([0] + [len(m.xyz) // 6 for m in sent[:-1]])
    assert all(abs(m.t0 - (T0 + f * 1e6 / hz)) <= 0.51 for m, f in zip(sent, first, strict=True))
    assert [m.seq for m in sent] == list(range(len(sent)))


def test_blocks_fit_the_wire():
    with pytest.raises(ValueError, match="4 MiB"):
        next(raw_messages(T0, 400.0, np.zeros((1_000_000, 3), np.int16), 0.001, 1, block_s=2000.0))
    (message,) = raw_messages(T0, 400.0, np.zeros((690_000, 3), np.int16), 0.001, 1, block_s=1725.0)
    assert len(msgspec.msgpack.encode(message)) <= MAX_MESSAGE_BYTES


def test_the_same_file_gives_the_same_bytes_and_another_file_other_names():
    activity = np.random.default_rng(2).gamma(2, 20, 500)
    digest = hashlib.sha256(activity.tobytes()).digest()
    boot = boot_of(digest, 0)
    once, again = (packed(epoch_messages(grid(500), 60.0, activity, "counts", boot)) for _ in range(2))
    assert once == again
    names = {boot, boot_of(digest, DAY_US), boot_of(digest, 0, "raw/60"), boot_of(digest[::-1], 0)}
    assert len(names) == 4 and all(0 <= name < 2**53 for name in names)


@given(
    length=st.integers(1, 5000),
    age_us=st.integers(-400 * DAY_US, 4000 * DAY_US),
    epoch_s=st.sampled_from([0.0, 60.0]),
)
def test_a_recording_is_moved_by_whole_days_to_end_in_the_last_24_hours(length, age_us, epoch_s):
    t_us = grid(length)
    now_us = T0 + age_us
    shift_us = shift_to_end(t_us, now_us, epoch_s)
    ends_us = int(t_us[-1]) + round(epoch_s * 1e6) + shift_us
    assert shift_us % DAY_US == 0
    assert now_us - DAY_US < ends_us <= now_us


def test_rounds_follow_each_other_by_whole_days_or_at_once_when_short():
    def make(length):
        return lambda shift: epoch_messages(
            grid(length) + shift, 60.0, np.ones(length), "counts", shift, 5000
        )

    end_us = T0 + 2000 * 60_000_000
    long = islice(rounds(make(2000), T0, end_us), 3)
    assert [m.t0 - T0 for m in long] == [0, 2 * DAY_US, 4 * DAY_US]
    short = islice(rounds(make(10), T0, T0 + 10 * 60_000_000), 3)
    assert [m.t0 - T0 for m in short] == [0, 10 * 60_000_000, 20 * 60_000_000]


def test_a_recording_replayed_twice_is_stored_once(broker, server):
    activity = np.random.default_rng(3).gamma(2, 20, 6000)
    for _ in range(2):
        with Device(Address("127.0.0.1", broker.port, "w1", None)) as device:
            done = replay(epoch_messages(grid(6000), 60.0, activity, "counts", 5), device)
        assert done.left == 0 and done.receipted == 101
    values = [v for _, m in server.messages("epoch") for v in m.counts]
    assert values == activity.tolist()


def test_in_its_own_time_a_block_is_published_when_its_last_sample_is_reached(broker, server):
    def second(seq):
        return Raw(boot=1, seq=seq, t0=T0 + seq * 1_000_000, hz=10.0, scale=0.001, xyz=bytes(60))

    assert span_us(second(0)) == (T0, T0 + 1_000_000)
    with Device(Address("127.0.0.1", broker.port, "w1", None)) as device:
        started = time.monotonic()
        done = replay((second(k) for k in range(10)), device, speed=10.0)
        assert 1.0 <= time.monotonic() - started < 2.0
    assert done.receipted == 10


def test_a_replay_stops_when_it_is_told_to(broker, server):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    endless = rounds(
        lambda shift: raw_messages(T0 + shift, 50.0, np.zeros((50, 3), np.int16), 0.001, shift),
        T0,
        T0 + 1_000_000,
    )
    with Device(Address("127.0.0.1", broker.port, "w1", None)) as device:
        done = replay(endless, device, speed=5.0, stop=stop)
    assert 0 < done.total < 5
