"""What is committed, said to the device: at most one receipt a second for each device, stream and boot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest.batch import Answer
from ingest.messages import Receipt, Refusal, receipt_topic
from store import identity, quarantine

APART_S = 1.0
REMEMBERED = 10_000

Sent = tuple[int, int]  #: a broker message: which connection brought it, and its packet id


@dataclass(slots=True)
class Pending:
    """Which receipts are owed, and the broker acknowledgements that wait for them.

    A message is acknowledged to the broker when the broker has taken its receipt; after a crash before that
    it is delivered again, is a duplicate, and is receipted then. So no receipt is ever forgotten, and no
    table is needed for it.
    """

    owed: dict[Answer, list[Sent]] = field(default_factory=dict)
    fresh: dict[identity.Key, identity.Progress] = field(default_factory=dict)  #: as the last commit said
    names: dict[int, str] = field(default_factory=dict)
    said_at: dict[Answer, float] = field(default_factory=dict)
    unconfirmed: dict[int, list[Sent]] = field(default_factory=dict)  #: by the id of the receipt's message

    def owe(self, answer: Answer, sent: Sent) -> None:
        """A committed message calls for this receipt."""
        self.owed.setdefault(answer, []).append(sent)

    def due(self, monotonic_s: float, most: int) -> list[Answer]:
        """Receipts that were last said a second ago, or never; those that wait longest first."""
        waiting = (k for k in self.owed if monotonic_s - self.said_at.get(k, -APART_S) >= APART_S)
        return list(islice(waiting, most))

    def said(self, answers: Sequence[Answer], mids: Sequence[int], monotonic_s: float) -> None:
        """These receipts are out, in messages of these ids."""
        for key, mid in zip(answers, mids, strict=True):
            self.unconfirmed.setdefault(mid, []).extend(self.owed.pop(key))
            self.fresh.pop(key, None)  # type: ignore[arg-type]
            self.said_at[key] = monotonic_s
        if len(self.said_at) > REMEMBERED:  # old ones say nothing any more
            self.said_at = {k: t for k, t in self.said_at.items() if monotonic_s - t < APART_S}

    def confirmed(self, mids: Iterable[int]) -> list[Sent]:
        """The broker has these receipts: what it may forget now."""
        return [one for mid in mids for one in self.unconfirmed.pop(mid, [])]

    def connection_lost(self) -> None:
        """The broker sends again what was not acknowledged, and each is receipted then."""
        self.owed.clear()
        self.fresh.clear()
        self.unconfirmed.clear()


def receipts_for(
    engine: sa.Engine,
    answers: Sequence[Answer],
    fresh: dict[identity.Key, identity.Progress],
    names: dict[int, str],
    at: datetime,
) -> list[tuple[str, bytes]]:
    """Topic and payload of each of these receipts; `names` are those of the devices.

    `fresh` is progress that a commit has just said; where it is not there, the database is asked.
    """
    at_us = round(at.timestamp() * 1_000_000)
    progress = {key: fresh[key] for key in answers if len(key) == 3 and key in fresh}
    unknown = [key for key in answers if len(key) == 3 and key not in progress]
    refusals: dict[Answer, list[Refusal]] = {}
    if unknown or len(progress) < len(answers) or any(done.refused for done in progress.values()):
        with Session(engine) as session:
            if unknown:
                progress.update(identity.progress_of(session, unknown))
            refusals = _refusals(session, answers, progress, names)
    return [_receipt(key, progress, refusals.get(key, []), names, at_us) for key in answers]


def _refusals(
    session: Session,
    answers: Sequence[Answer],
    progress: dict[identity.Key, identity.Progress],
    names: dict[int, str],
) -> dict[Answer, list[Refusal]]:
    named = [key for key, done in progress.items() if done.refused and len(key) == 3]
    found: dict[Answer, list[Refusal]] = {}
    if named:
        for key, refused in quarantine.refusals_of(session, names, named).items():
            found[key] = [Refusal(seq=seq, digest=d.hex(), reason=reason) for seq, d, reason in refused]
    for answer in answers:
        if len(answer) == 2:
            refused_unnamed = quarantine.unnamed_refusals_of(session, *answer)
            found[answer] = [
                Refusal(seq=None, digest=d.hex(), reason=reason) for d, reason in refused_unnamed
            ]
    return found


def _receipt(
    key: Answer,
    progress: dict[identity.Key, identity.Progress],
    refused: list[Refusal],
    names: dict[int, str],
    at_us: int,
) -> tuple[str, bytes]:
    if len(key) == 2:
        device, stream = key
        boot, through, missing = None, -1, []
    else:
        number, stream, boot = key
        device, (through, missing) = names[number], (progress[key].through, progress[key].missing)
    receipt = Receipt(stream=stream, boot=boot, through=through, missing=missing, refused=refused, at=at_us)
    return receipt_topic(device, stream, boot), msgspec.json.encode(receipt)
