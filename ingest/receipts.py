"""What is committed, said to the device: at most one receipt a second for each device, stream and boot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest.batch import Answer
from ingest.messages import Receipt, Refusal, receipt_topic
from store import identity, quarantine

APART_S = 1.0

Sent = tuple[int, int]  #: a broker message: which connection brought it, and its packet id


@dataclass(slots=True)
class Pending:
    """Which receipts are owed, and the broker acknowledgements that wait for them.

    A message is acknowledged to the broker when its receipt has been handed over: after a crash before
    that it is delivered again, is a duplicate, and is receipted then. No receipt is ever forgotten, and
    no table is needed for it.
    """

    owed: dict[Answer, list[Sent]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    said_at: dict[Answer, float] = field(default_factory=dict)

    def owe(self, answer: Answer, sent: Sent) -> None:
        """A committed message calls for this receipt."""
        self.owed.setdefault(answer, []).append(sent)

    def due(self, monotonic_s: float) -> list[Answer]:
        """The receipts that were last said a second ago, or never."""
        return [key for key in self.owed if monotonic_s - self.said_at.get(key, -APART_S) >= APART_S]

    def said(self, answers: list[Answer], monotonic_s: float) -> list[Sent]:
        """These receipts are out: the broker messages that may be acknowledged now."""
        sent = [one for key in answers for one in self.owed.pop(key, [])]
        self.said_at.update(dict.fromkeys(answers, monotonic_s))
        if len(self.said_at) > 10_000:  # old ones say nothing any more
            self.said_at = {k: t for k, t in self.said_at.items() if monotonic_s - t < APART_S}
        return sent


def receipts_for(
    engine: sa.Engine,
    answers: list[Answer],
    names: dict[int, str],
    at: datetime,
    publish: Callable[[str, bytes], None],
) -> None:
    """Read what is committed and publish each of these receipts; `names` are those of the devices."""
    at_us = round(at.timestamp() * 1_000_000)
    named = [key for key in answers if len(key) == 3]
    with Session(engine) as session:
        progress = identity.progress_of(session, named) if named else {}
        with_refusals = [key for key, done in progress.items() if done.refused]
        refusals = quarantine.refusals_of(session, names, with_refusals) if with_refusals else {}
        for named_key, done in progress.items():
            device_id, stream, boot = named_key
            receipt = Receipt(
                stream=stream,
                boot=boot,
                through=done.through,
                missing=done.missing,
                refused=[
                    Refusal(seq=seq, digest=digest.hex(), reason=reason)
                    for seq, digest, reason in refusals.get(named_key, [])
                ],
                at=at_us,
            )
            publish(receipt_topic(names[device_id], stream, boot), msgspec.json.encode(receipt))
        for key in answers:
            if len(key) == 2:
                device, stream = key
                refused = [
                    Refusal(seq=None, digest=digest.hex(), reason=reason)
                    for digest, reason in quarantine.unnamed_refusals_of(session, device, stream)
                ]
                receipt = Receipt(stream=stream, boot=None, through=-1, missing=[], refused=refused, at=at_us)
                publish(receipt_topic(device, stream, None), msgspec.json.encode(receipt))
