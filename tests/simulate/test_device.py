import threading
import time

import pytest

from ingest.messages import Epoch, Stream
from simulate.connection import Address, CannotPublish
from simulate.device import Device


def minute(seq: int, boot: int = 7) -> Epoch:
    return Epoch(boot=boot, seq=seq, t0=seq * 60_000_000, epoch_s=60.0, enmo_mg=[float(seq)])


def watch(port: int, **more) -> Device:
    return Device(Address("127.0.0.1", port, "w1", None), **more)


def eventually(true, within_s=10.0):
    until = time.monotonic() + within_s
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def test_every_message_is_receipted_and_says_how_far_it_is(broker, server):
    seen = []
    with watch(broker.port) as device:
        for seq in range(200):
            device.publish(minute(seq))
        progress = device.wait(on_progress=seen.append, timeout_s=20)
    assert (progress.total, progress.published, progress.receipted, progress.left) == (200, 200, 200, 0)
    assert {seq for *_, seq in server.names()} == set(range(200))
    assert server.content_types == {"application/msgpack"}
    assert len(seen) > 1 and [p.receipted for p in seen] == sorted(p.receipted for p in seen)


def test_never_more_than_64_messages_are_without_a_receipt(broker, server):
    server.silent = True
    with watch(broker.port, resend_after_s=60) as device:
        for seq in range(150):
            device.publish(minute(seq))
        assert eventually(lambda: len(server.names()) == 64)
        time.sleep(0.4)
        assert len(server.names()) == 64
        assert device.progress.receipted == 0
        server.silent = False
        assert device.wait(timeout_s=20).receipted == 150


def test_a_brokers_acknowledgement_settles_nothing(broker, server):
    server.silent = True
    with watch(broker.port, resend_after_s=0.3) as device:
        device.publish(minute(0))
        assert eventually(lambda: server.times(("w1", "epoch", 7, 0)) >= 3)
        assert device.progress.left == 1


def test_what_a_receipt_names_as_missing_is_sent_again(broker, server):
    server.lose = lambda name, times: name[3] in (3, 4) and times == 1
    with watch(broker.port, resend_after_s=600) as device:
        for seq in range(12):
            device.publish(minute(seq))
        assert device.wait(timeout_s=0.5).left == 2
        time.sleep(1.0)  # until then they may have been on their way
        device.publish(minute(12))
        assert device.wait(timeout_s=20).left == 0
    assert {seq for *_, seq in server.names()} == set(range(13))


def test_a_message_that_got_lost_last_of_all_is_sent_again_in_time(broker, server):
    server.lose = lambda name, times: times == 1
    with watch(broker.port, resend_after_s=0.4) as device:
        device.publish(minute(0))
        assert device.wait(timeout_s=30).receipted == 1


def test_a_refused_message_is_reported_and_given_up(broker, server):
    server.refuse = lambda name: "the arrays differ in length" if name[3] == 1 else None
    with watch(broker.port) as device:
        for seq in range(3):
            device.publish(minute(seq))
        progress = device.wait(timeout_s=30)
        assert (progress.receipted, progress.refused, progress.left) == (2, 1, 0)
        (refused,) = device.refused
    assert (refused.stream, refused.boot, refused.seq) == (Stream.EPOCH, 7, 1)
    assert refused.reason == "the arrays differ in length"


def test_nothing_is_lost_when_the_broker_is_killed(broker, server):
    server.silent = True  # so that all that the broker acknowledged is still to be receipted
    with watch(broker.port, resend_after_s=2) as device:
        for seq in range(200):
            device.publish(minute(seq))
        assert eventually(lambda: len(server.names()) == 64)
        server.forget()
        server.ready.clear()
        broker.kill()
        time.sleep(0.3)
        broker.start()
        assert server.ready.wait(10)
        server.silent = False
        assert device.wait(timeout_s=30).receipted == 200
    assert {seq for *_, seq in server.names()} == set(range(200))


def test_a_replay_of_what_the_server_has_changes_nothing(broker, server):
    for _ in range(2):
        with watch(broker.port) as device:
            for seq in range(70):
                device.publish(minute(seq))
            assert device.wait(timeout_s=20).receipted == 70
    assert len(server.names()) == 70


def test_no_broker_is_one_sentence(broker):
    broker.kill()
    with pytest.raises(CannotPublish, match=r"w1: no broker answers at 127\.0\.0\.1:\d+") as told:
        watch(broker.port).connect()
    assert not told.value.lasting


def test_a_wrong_password_is_one_sentence(locked_broker):
    device = Device(Address("127.0.0.1", locked_broker.port, "w1", "wrong"))
    with pytest.raises(CannotPublish, match="w1: the broker does not know this name and password") as told:
        device.connect()
    assert told.value.lasting and device.failure is told.value


def test_waiting_ends_when_it_is_told_to(broker, server):
    server.silent = True
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with watch(broker.port) as device:
        device.publish(minute(0))
        assert device.wait(stop, timeout_s=30).left == 1
