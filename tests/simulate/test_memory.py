import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.messages import MAX_IN_FLIGHT, Receipt, Refusal, Status
from simulate.memory import Memory, packed


def status(seq, boot=1):
    return packed(Status(boot=boot, seq=seq, at=seq))


def receipt(through, missing=(), refused=(), boot=1, stream="status"):
    return Receipt(
        stream=stream, boot=boot, through=through, missing=list(missing), refused=list(refused), at=0
    )


def refusal(message, seq):
    return Refusal(seq=seq, digest=hashlib.sha256(message.payload).hexdigest(), reason="bad")


def test_a_receipt_of_another_stream_or_boot_settles_nothing():
    memory = Memory()
    memory.keep(status(0))
    memory.to_send(0.0)
    memory.settle(receipt(5, boot=2), 1.0)
    memory.settle(receipt(5, stream="raw"), 1.0)
    assert memory.progress().left == 1


def test_a_message_that_cannot_be_read_so_far_is_known_by_its_digest():
    memory = Memory()
    memory.keep(status(0))
    memory.keep(status(1))
    memory.to_send(0.0)
    (refused,) = memory.settle(receipt(-1, refused=[refusal(status(1), None)], boot=None), 1.0)
    assert (refused.seq, refused.reason) == (1, "bad")
    assert memory.progress().left == 1


def test_a_refusal_of_other_bytes_under_the_same_name_is_not_ours():
    memory = Memory()
    memory.keep(status(0))
    memory.to_send(0.0)
    other = packed(Status(boot=1, seq=0, at=99))
    assert memory.settle(receipt(0, refused=[refusal(other, 0)]), 1.0) == []
    assert memory.progress().receipted == 1


def test_what_is_missing_but_may_still_be_on_its_way_is_not_sent_again_yet():
    memory = Memory()
    memory.keep(status(0))
    memory.to_send(10.0)
    memory.settle(receipt(3, missing=[(0, 0)]), 10.5)
    assert memory.to_send(10.6) == []
    memory.settle(receipt(3, missing=[(0, 0)]), 11.5)
    assert memory.to_send(11.6) == [status(0)]


def test_after_a_lost_connection_all_without_receipt_is_sent_again_in_order():
    memory = Memory()
    for seq in range(5):
        memory.keep(status(seq))
    memory.to_send(0.0)
    memory.settle(receipt(1), 0.1)
    memory.connection_lost()
    assert memory.to_send(0.2) == [status(2), status(3), status(4)]


@settings(max_examples=100, deadline=None)
@given(data=st.data(), total=st.integers(1, 200))
def test_whatever_gets_lost_all_arrives_and_never_more_than_64_are_on_their_way(data, total):
    memory = Memory(resend_after_s=3.0)
    for seq in range(total):
        memory.keep(status(seq))
    committed: set[int] = set()
    now_s, rounds = 0.0, 0
    while memory.progress().left:
        rounds += 1
        now_s += 1.5
        sent = memory.to_send(now_s)
        before = memory.progress()
        assert before.published - before.receipted <= MAX_IN_FLIGHT
        lossy = rounds < 20
        if lossy and data.draw(st.booleans()):
            memory.connection_lost()
        lost = data.draw(st.sets(st.sampled_from(sent))) if sent and lossy else set()
        committed |= {m.seq for m in sent if m not in lost}
        if committed and not (lossy and data.draw(st.booleans())):
            through = max(committed)
            missing = [(s, s) for s in range(through) if s not in committed]
            memory.settle(receipt(through, missing), now_s)
        assert memory.progress().receipted <= len(committed)
        assert rounds < 100
    assert committed == set(range(total))
    assert memory.progress().receipted == total
