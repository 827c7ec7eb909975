"""Messages of simulated devices as files: one JSON document a line, with the topic it belongs to."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ingest.messages import Diary, Epoch, Stream, up_topic
from simulate.cohort.members import Member
from simulate.member_messages import diaries, epochs, phone_of, watches_of


def write_streams(
    folder: Path,
    group: Iterable[Member],
    last_day: date,
    zone: ZoneInfo,
    each: Callable[[], None] = lambda: None,
) -> None:
    """A file `DEVICE.jsonl.gz` for each device of the group; `each` is called after every patient.

    A line is `{"topic", "payload"}`: the payload is what the wire takes as JSON. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for member in group:
        _write(folder, phone_of(member), Stream.DIARY, diaries(member, last_day, zone))
        for watch in watches_of(member, last_day):
            _write(folder, watch.name, Stream.EPOCH, epochs(member, watch, last_day, zone))
        each()


def _write(folder: Path, device: str, stream: Stream, messages: Iterable[Diary | Epoch]) -> None:
    topic = up_topic(device, stream)
    # No name and no time in the archive: the same cohort gives the same bytes.
    with (
        (folder / f"{device}.jsonl.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as file,
    ):
        for message in messages:
            file.write(msgspec.json.encode({"topic": topic, "payload": message}) + b"\n")
