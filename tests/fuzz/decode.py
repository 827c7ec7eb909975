"""`make fuzz`: atheris searches for bytes that `decode` cannot take. No test of pytest; needs `atheris`.

The first byte chooses the stream and the content type, the rest is the payload. A finding is written to a
file by atheris, and its path given again as an argument repeats it.
"""

from __future__ import annotations

import sys
import tempfile
import tracemalloc
import uuid
from datetime import UTC, datetime
from pathlib import Path

import atheris
import msgspec

with atheris.instrument_imports(include=["ingest"]):
    from ingest.decode import Decoded, Incoming, Refused, decode, redate
    from ingest.messages import Diary, Dose, Epoch, Raw, Status, Stream, up_topic

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


def seed(directory: Path) -> None:
    """Good messages of each stream in both encodings: the search sees into our code, not into msgspec."""
    t0 = round(NOON.timestamp()) * 1_000_000
    dose = Dose(drug="morphine", dose=10, unit="mg", route="oral", at=NOON.isoformat())
    good = (
        Raw(boot=1, seq=2, t0=t0, hz=50.0, scale=0.01, xyz=bytes(60), temp_c=30.0),
        Epoch(boot=1, seq=2, t0=t0, epoch_s=60.0, counts=[1.0, None], worn=[1, 0]),
        Diary(
            boot=1, seq=2, id=str(uuid.UUID(int=1)), at=NOON.isoformat(), worst=7, sites=["hip"], doses=[dose]
        ),
        Status(boot=1, seq=2, at=t0, battery_pct=80.0, firmware="1.2", backlog=3),
    )
    for number, message in enumerate(good):
        for kind, codec in enumerate((msgspec.json, msgspec.msgpack), 1):
            head = bytes([number + 4 * kind])
            (directory / f"{number}-{kind}").write_bytes(head + codec.encode(message))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as seeds:
        seed(Path(seeds))
        tracemalloc.start()
        atheris.Setup([*sys.argv, seeds], try_one)
        atheris.Fuzz()
