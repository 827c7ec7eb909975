"""What each ingest worker has in hand, so that a message over which workers end is found and set apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base

DIGEST_BYTES = 32


class InHand(Base):
    """The batch that a worker took and has not finished; empty when it has."""

    __tablename__ = "in_hand"

    worker: Mapped[str] = mapped_column(primary_key=True, comment="its client id at the broker")
    digests: Mapped[bytes] = mapped_column(comment="sha256 after sha256")


class Suspect(Base):
    """A message that a worker had in hand when it ended."""

    __tablename__ = "suspect"

    digest: Mapped[bytes] = mapped_column(primary_key=True, comment="sha256 of the payload")
    tries: Mapped[int] = mapped_column(comment="how often a worker ended over it")


def take(session: Session, worker: str, digests: Sequence[bytes]) -> None:
    """Say what this worker is about to work on. Only a crash of the process matters here, which a commit
    that is not yet on disk survives: so it costs no wait for the disk."""
    session.execute(sa.text("SET LOCAL synchronous_commit = off"))
    insert = pg.insert(InHand).values(worker=worker, digests=b"".join(digests))
    session.execute(
        insert.on_conflict_do_update(index_elements=["worker"], set_={"digests": insert.excluded.digests})
    )


def put_down(session: Session, worker: str, finished: Collection[bytes]) -> None:
    """In the transaction that finishes the work: nothing is in hand, and what was suspected is cleared."""
    session.execute(sa.update(InHand).where(InHand.worker == worker).values(digests=b""))
    if finished:
        session.execute(sa.delete(Suspect).where(Suspect.digest.in_(finished)))


def suspects_left_by(session: Session, worker: str) -> dict[bytes, int]:
    """At the start of a worker: what its forerunner had in hand when it ended is suspect once more.
    Returns all suspects with their tries."""
    held = session.scalar(sa.select(InHand.digests).where(InHand.worker == worker).with_for_update())
    digests = {held[i : i + DIGEST_BYTES] for i in range(0, len(held), DIGEST_BYTES)} if held else set()
    if digests:
        insert = pg.insert(Suspect).values([{"digest": digest, "tries": 1} for digest in sorted(digests)])
        session.execute(
            insert.on_conflict_do_update(index_elements=["digest"], set_={"tries": Suspect.tries + 1})
        )
        put_down(session, worker, ())
    return {
        bytes(digest): tries for digest, tries in session.execute(sa.select(Suspect.digest, Suspect.tries))
    }
