"""The judge of receipts in the load generator: it must see what is untrue."""

from __future__ import annotations

import msgspec
import pytest

from benchmarks.receipts import Ledger
from ingest.messages import Receipt, Refusal

TOPIC = b"actalgia/v1/watch/down/receipt/raw/1"
REFUSAL = Refusal(seq=0, digest="00", reason="bad")


def five_sent() -> Ledger:
    ledger = Ledger(["watch"], "raw", 1)
    for second in range(5):
        ledger.sent(0, float(second))
    return ledger


def said(through: int, missing: list[tuple[int, int]] | None = None, **words: object) -> bytes:
    whole = {"stream": "raw", "boot": 1, "refused": [], "at": 0, **words}
    return msgspec.json.encode({"through": through, "missing": missing or [], **whole})


def test_a_receipt_settles_everything_through_its_watermark() -> None:
    ledger = five_sent()
    ledger.take(TOPIC, said(4), 10.0)
    ledger.close()
    assert (ledger.settled, ledger.unsettled(), dict(ledger.wrong)) == (5, 0, {})
    assert list(ledger.latencies_s) == [10, 9, 8, 7, 6]


def test_what_is_missing_is_not_settled_until_a_later_receipt() -> None:
    ledger = five_sent()
    ledger.take(TOPIC, said(4, [(1, 2)]), 10.0)
    assert sorted(ledger.out[0]) == [1, 2]
    ledger.take(TOPIC, said(4, [(2, 2)]), 11.0)
    ledger.take(TOPIC, said(4), 12.0)
    ledger.close()
    assert (ledger.settled, dict(ledger.wrong)) == (5, {})
    assert list(ledger.latencies_s) == [10, 7, 6, 10, 10]


@pytest.mark.parametrize(
    "receipts, wrong",
    [
        pytest.param([said(7), said(4)], "settles what was never sent", id="beyond the last message"),
        pytest.param([said(4), said(3), said(4)], "takes back what was settled", id="back"),
        pytest.param([said(4), said(4, [(1, 1)]), said(4)], "misses what it had settled", id="forgets"),
        pytest.param([said(4, refused=[REFUSAL])], "refuses what is good", id="refuses"),
        pytest.param([said(4, boot=2)], "of another stream or boot", id="another boot"),
        pytest.param([said(3)], "the last one is behind", id="stops early"),
        pytest.param([said(4, [(1, 1)])], "the last one names gaps", id="leaves a gap"),
    ],
)
def test_an_untrue_receipt_is_counted(receipts: list[bytes], wrong: str) -> None:
    ledger = five_sent()
    for at, receipt in enumerate(receipts):
        assert ledger.take(TOPIC, receipt, 10.0 + at) == 0
    ledger.close()
    assert ledger.wrong[wrong] == 1


def test_a_receipt_of_another_run_is_not_ours() -> None:
    ledger = five_sent()
    assert ledger.take(TOPIC.replace(b"/1", b"/2"), said(4), 10.0) is None
    assert ledger.settled == 0


def test_the_receipts_of_the_product_are_understood() -> None:
    ledger = five_sent()
    receipt = Receipt(stream="raw", boot=1, through=4, missing=[], refused=[], at=1)
    assert ledger.take(TOPIC, msgspec.json.encode(receipt), 10.0) == 0
    assert ledger.settled == 5


def test_a_gap_that_was_never_sent_is_untrue() -> None:
    ledger = five_sent()
    ledger.take(TOPIC, said(4, [(3, 6)]), 10.0)
    assert ledger.wrong["misses what was never sent"] == 1
    assert sorted(ledger.out[0]) == [3, 4]
