"""`make fuzz`: atheris searches for bytes that `decode` cannot take. No test of pytest; needs `atheris`.

The first byte chooses the stream and the content type, the rest is the payload. A finding is written to a
file by atheris, and its path given again as an argument repeats it.
"""

from __future__ import annotations

import sys
import tracemalloc
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest.decode import Decoded, Incoming, Refused, decode, redate
    from ingest.messages import Stream, up_topic

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
STREAMS = list(Stream)
KINDS = (None, "application/json", "application/msgpack")
SMALL = 2_500_000  #: what any message may cost, however short: see `ingest.decode`


def try_one(data: bytes) -> None:
    """Raises for an exception, for a broken promise of the answer, and for too much memory."""
    if not data:
        return
    stream, kind = STREAMS[data[0] % 4], KINDS[data[0] // 4 % 3]
    incoming = Incoming(up_topic("watch-1", stream), data[1:], kind, NOON)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for answer in (decode(incoming), redate(incoming, NOON)):
        if isinstance(answer, Refused):
            assert answer.reason, "a refusal without a reason"
        else:
            assert isinstance(answer, Decoded)
    cost = tracemalloc.get_traced_memory()[1] - before
    assert cost < max(SMALL, 8 * len(data)), f"{cost} bytes for {len(data)}"  # two answers


if __name__ == "__main__":
    tracemalloc.start()
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
