"""Seals: what was written down is put into one chain, a second or two after it was committed.

Requests write their entries as ever and wait for nobody. One sealer at a time (an advisory lock) takes what
is committed and not sealed yet. A row names the transaction that wrote it, so all that older transactions
wrote is there once none of them runs any more (`pg_snapshot_xmin`): nothing is looked for before that point
again, and nothing that is committed late is missed. Decision: docs/decisions/0037-audit.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import merge
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import AuditEntry
from store.audit.chain import FIELDS, GENESIS, Head, canonical, link
from store.audit.traces import AuditTrace
from store.database import Base, one_of, transaction

AT_ONCE = 20_000  #: entries of each kind sealed in one transaction
SEALER = 5_230_117_605  #: of the advisory lock
FOR_EVER = 2**63 - 1


class AuditSeal(Base):
    """One entry or trace at its place in the chain. Rows are only added."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        sa.CheckConstraint(one_of("source", tuple(FIELDS)), name="source"),
        sa.UniqueConstraint("source", "entry", name="uq_audit_seal_once"),
    )

    n: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="the place in the chain, from 1"
    )
    source: Mapped[str]
    entry: Mapped[int] = mapped_column(comment="its id in audit_entry or audit_trace")
    previous: Mapped[bytes] = mapped_column(comment="the digest of n - 1")
    digest: Mapped[bytes] = mapped_column(comment="sha256 of previous and the entry")


class AuditPassed(Base):
    """How far the sealer is. Not part of the chain: without it all that is there is looked through again."""

    __tablename__ = "audit_passed"
    __table_args__ = (sa.CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    tx: Mapped[int] = mapped_column(comment="all that older transactions wrote is sealed")


TABLES: dict[str, type[AuditEntry | AuditTrace]] = {"entry": AuditEntry, "trace": AuditTrace}


def columns_of(source: str) -> list[sa.ColumnElement[Any]]:
    """What is sealed of a row, in the order of the chain."""
    return [getattr(TABLES[source], name) for name in FIELDS[source]]


def head(session: Session, at: datetime) -> Head | None:
    """The newest seal; None while there is none."""
    n, digest = _newest(session)
    return Head(at, n, digest) if n else None


def seal_all(engine: sa.Engine, stopped: Callable[[], bool] = lambda: False) -> int:
    """Seal all that is committed and not sealed yet, some at a time; how many were."""
    sealed = 0
    while not stopped():
        with transaction(engine) as session:
            done, further = seal_some(session)
        sealed += done
        if not further:
            break
    return sealed


def seal_some(session: Session, most: int = AT_ONCE) -> tuple[int, bool]:
    """Seal at most `most` entries and as many traces; how many were sealed, and whether more wait.

    Nothing happens while another process is at it.
    """
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(SEALER))):
        return 0, False
    # Asked before the rows are read: whatever an older transaction wrote is there by now.
    oldest, next_tx = running(session)
    start, end = window(passed(session), next_tx)
    rows = {source: _waiting(session, source, start, end, most) for source in TABLES}
    n, digest = _newest(session)
    seals = []
    ordered = merge(
        *([(row[-1], source, row) for row in found] for source, found in rows.items()),
        key=lambda one: (one[0], one[1], one[2][0]),
    )
    for _, source, row in ordered:
        n, previous = n + 1, digest
        digest = link(previous, canonical(source, row))
        seals.append((n, source, row[0], previous, digest))
    if seals:
        session.execute(_ADD, dict(zip("nsepd", map(list, zip(*seals, strict=True)), strict=True)))
    further = any(len(found) == most for found in rows.values())
    if not further and oldest != start:
        insert = pg.insert(AuditPassed).values(one=True, tx=oldest)
        session.execute(insert.on_conflict_do_update(index_elements=["one"], set_={"tx": oldest}))
    return len(seals), further


def passed(session: Session) -> int:
    """All that older transactions wrote is sealed; 0 before the sealer's first round."""
    return session.scalar(sa.select(AuditPassed.tx)) or 0


def running(session: Session) -> tuple[int, int]:
    """(the oldest transaction that may still write, the number that the next one will have)."""
    row = session.execute(sa.text(_RUNNING)).one()
    return row[0], row[1]


def window(passed_tx: int, next_tx: int) -> tuple[int, int]:
    """In which transactions [start, end) there may be something to seal.

    A database that was restored into another server counts its transactions anew: then all is looked through.
    """
    return (passed_tx, next_tx) if passed_tx <= next_tx else (0, FOR_EVER)


def oldest_unsealed(session: Session) -> str | None:
    """What is next to be sealed, as `entry 17`; None: all is sealed. The same for long: nobody seals."""
    start, end = window(passed(session), running(session)[1])
    found = [
        (row[-1], source, row[0]) for source in TABLES for row in _waiting(session, source, start, end, 1)
    ]
    return None if not found else "{1} {2}".format(*min(found))


def unsealed(source: str) -> sa.ColumnElement[bool]:
    """The condition that a row of `source` has no seal."""
    return ~sa.exists().where(AuditSeal.source == source, AuditSeal.entry == TABLES[source].id)


def _newest(session: Session) -> tuple[int, bytes]:
    query = sa.select(AuditSeal.n, AuditSeal.digest).order_by(AuditSeal.n.desc()).limit(1)
    row = session.execute(query).first()
    return (0, GENESIS) if row is None else (row.n, row.digest)


def _waiting(session: Session, source: str, start: int, end: int, most: int) -> list[Any]:
    table = TABLES[source]
    query = sa.select(*columns_of(source)).where(table.tx >= start, table.tx < end, unsealed(source))
    return list(session.execute(query.order_by(table.tx, table.id).limit(most)))


_RUNNING = """
    SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s
"""
_ADD = sa.text(
    """
    INSERT INTO audit_seal (n, source, entry, previous, digest)
    SELECT * FROM unnest(:n ::bigint[], :s ::text[], :e ::bigint[], :p ::bytea[], :d ::bytea[])
    """
)
