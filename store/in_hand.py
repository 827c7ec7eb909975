"""The ingest workers: what each hears, and what it has in hand, so that a message over which workers end is
found and set apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

DIGEST_BYTES = 32
SUSPECT_FOR = timedelta(days=1)


class InHand(Base):
    """One worker, by the name under which the broker keeps its session."""

    __tablename__ = "in_hand"

    worker: Mapped[str] = mapped_column(primary_key=True, comment="its client id at the broker")
    hears: Mapped[str | None] = mapped_column(comment="what its session has subscribed to")
    at_work: Mapped[bool] = mapped_column(comment="it has started and has not ended by itself")
    digests: Mapped[bytes] = mapped_column(comment="of the messages in hand, sha256 after sha256")
    at: Mapped[datetime] = mapped_column(comment="the last change")


class Suspect(Base):
    """A message that a worker had in hand when it ended."""

    __tablename__ = "suspect"

    digest: Mapped[bytes] = mapped_column(primary_key=True, comment="sha256 of the payload")
    tries: Mapped[int] = mapped_column(comment="how often a worker ended over it")
    at: Mapped[datetime] = mapped_column(comment="the last time")


def begin(session: Session, worker: str, at: datetime) -> tuple[bool, dict[bytes, int]]:
    """A worker starts. (Whether its forerunner ended by itself, the suspects with their tries.)

    What the forerunner had in hand when it did not is suspect once more. The end that brought the worker
    to write down what it has in hand is a try as well: so the first count is 2.
    """
    session.execute(sa.delete(Suspect).where(Suspect.at < at - SUSPECT_FOR))
    former = session.get(InHand, worker, with_for_update=True)
    if former is None:
        session.add(InHand(worker=worker, at_work=True, digests=b"", at=at))
        return True, _suspects(session)
    held = former.digests
    digests = {held[i : i + DIGEST_BYTES] for i in range(0, len(held), DIGEST_BYTES)}
    if digests:
        insert = pg.insert(Suspect).values([{"digest": d, "tries": 2, "at": at} for d in sorted(digests)])
        again = {"tries": Suspect.tries + 1, "at": at}
        session.execute(insert.on_conflict_do_update(index_elements=["digest"], set_=again))
    clean = not former.at_work
    former.at_work, former.digests, former.at = True, b"", at
    session.flush()
    return clean, _suspects(session)


def _suspects(session: Session) -> dict[bytes, int]:
    rows = session.execute(sa.select(Suspect.digest, Suspect.tries))
    return {bytes(digest): tries for digest, tries in rows}


def take(session: Session, worker: str, digests: Sequence[bytes], at: datetime) -> None:
    """Say what this worker is about to work on. Only a crash of its process matters here, which a commit
    that is not yet on disk survives: so it costs no wait for the disk."""
    session.execute(sa.text("SET LOCAL synchronous_commit = off"))
    session.execute(sa.update(InHand).where(InHand.worker == worker).values(digests=b"".join(digests), at=at))


def put_down(session: Session, worker: str, cleared: Collection[bytes]) -> None:
    """In the transaction that finishes the work: nothing is in hand, and these are no suspects any more."""
    session.execute(sa.update(InHand).where(InHand.worker == worker).values(digests=b""))
    if cleared:
        session.execute(sa.delete(Suspect).where(Suspect.digest.in_(cleared)))


def end(session: Session, worker: str, at: datetime) -> None:
    """The worker ends by itself, with nothing in hand."""
    session.execute(
        sa.update(InHand).where(InHand.worker == worker).values(at_work=False, digests=b"", at=at)
    )


def heard_by(session: Session, worker: str) -> str | None:
    """What the worker's session has subscribed to, as it was last said."""
    return session.scalar(sa.select(InHand.hears).where(InHand.worker == worker))


def hears(session: Session, worker: str, layout: str) -> None:
    """Say what the worker's session has subscribed to."""
    session.execute(sa.update(InHand).where(InHand.worker == worker).values(hears=layout))


def sessions(session: Session) -> list[tuple[str, str, bool]]:
    """(client id, what its session has subscribed to, whether it has started and not ended by itself)."""
    rows = session.execute(sa.select(InHand.worker, InHand.hears, InHand.at_work))
    return [(worker, layout, at_work) for worker, layout, at_work in rows if layout is not None]


def forget(session: Session, worker: str) -> None:
    """The worker is gone for good."""
    session.execute(sa.delete(InHand).where(InHand.worker == worker))
