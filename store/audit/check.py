"""Whether the audit is what it was: the chain, what has no seal, published heads, rows that were traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.access import AuditEntry
from store.audit.chain import FIELDS, GENESIS, Head, canonical, link
from store.audit.seals import TABLES, AuditSeal, columns_of, passed, running, unsealed, window
from store.audit.traces import AuditTrace, differing, untraced

AT_ONCE = 20_000
MOST = 1000  #: faults of one kind that are named; the others are counted
#: An entry that claims to be this much older than those sealed before it may have been made up later.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written down. `entry` is an id in audit_entry or audit_trace."""

    kind: str  #: altered, removed, inserted, seal, head, row, trigger
    sentence: str
    source: str | None = None
    entry: int | None = None
    n: int | None = None


@dataclass(slots=True)
class Checked:
    """What was looked at, and what was found."""

    seals: int = 0
    first: int | None = None
    last: int | None = None
    digest: bytes | None = None
    faults: list[Fault] = field(default_factory=list)
    n_faults: int = 0
    unsealed: int = 0  #: not sealed yet, as it must be for a second or two
    oldest_unsealed: datetime | None = None
    late: int = 0  #: sealed long after the time that they claim
    late_named: list[str] = field(default_factory=list)
    heads: int = 0
    rows: dict[str, int] = field(default_factory=dict)  #: compared with their newest trace, by table

    def fault(self, *faults: Fault) -> None:
        """Count faults, and name them while there are not too many."""
        self.n_faults += len(faults)
        self.faults += faults[: max(0, MOST - len(self.faults))]


def check(
    session: Session,
    *,
    since: datetime | None = None,
    heads: Sequence[Head] = (),
    done: Callable[[int], None] = lambda _: None,
) -> Checked:
    """Look through everything, in a session that reads one snapshot (`repeatable read`) and writes nothing.

    With `since` the chain is followed from the first entry of that time on, and the digest before it is
    taken on trust; only rows that changed since then are compared. `done` hears how many seals were seen.
    """
    session.execute(sa.text("SET LOCAL statement_timeout = 0"))
    found = Checked()
    _follow(session, found, since, done)
    _without_seal(session, found, since)
    _compare_heads(session, found, heads)
    found.fault(*(Fault("trigger", f"the trigger {name} is missing or off") for name in untraced(session)))
    for table, count, differs in differing(session, since):
        found.rows[table] = count
        found.fault(*(Fault("row", one.sentence) for one in differs))
    return found


def count_seals(session: Session, since: datetime | None = None) -> int:
    """How many seals `check` will look at."""
    first = _first_since(session, since)
    return session.scalar(sa.select(sa.func.count()).where(AuditSeal.n >= first)) or 0


def _follow(session: Session, found: Checked, since: datetime | None, done: Callable[[int], None]) -> None:
    n = _first_since(session, since) - 1
    before: bytes | None = GENESIS
    if n > 0:
        before = session.scalar(sa.select(AuditSeal.digest).where(AuditSeal.n == n))
        if before is None:
            found.fault(Fault("seal", f"seal {n} is missing", n=n))
    newest: datetime | None = None
    last_named = "the beginning"
    while rows := _sealed_after(session, n):
        for seal, source, entry, previous, digest, *both in rows:
            named = f"{source} {entry}"
            if seal != n + 1:
                which = f"seal {n + 1} is" if seal == n + 2 else f"seals {n + 1} to {seal - 1} are"
                about = f"{which} missing, between {last_named} and {named}"
                found.fault(Fault("seal", about, n=n + 1))
            elif before is not None and previous != before:
                about = f"seal {seal} ({named}) does not follow seal {n} ({last_named}): one was replaced"
                found.fault(Fault("seal", about, source, entry, seal))
            values = both[: len(FIELDS["entry"])] if source == "entry" else both[len(FIELDS["entry"]) :]
            if values[0] is None:
                found.fault(Fault("removed", f"{named} was removed (seal {seal})", source, entry, seal))
            elif link(previous, canonical(source, values)) != digest:
                found.fault(
                    Fault("altered", f"{named} is not what seal {seal} says of it", source, entry, seal)
                )
            else:
                newest = _lateness(found, named, values, newest)
            n, before, last_named = seal, digest, named
        found.seals += len(rows)
        found.first = found.first or rows[0][0]
        found.last, found.digest = n, before
        done(len(rows))


def _lateness(found: Checked, named: str, values: Sequence[Any], newest: datetime | None) -> datetime:
    at: datetime = values[1]
    if newest is None or at >= newest:
        return at
    if newest - at > LATE:
        found.late += 1
        if len(found.late_named) < 20:
            found.late_named.append(f"{named} claims {at.isoformat()}, and follows {newest.isoformat()}")
    return newest


def _sealed_after(session: Session, n: int) -> Sequence[Any]:
    query = (
        sa.select(
            AuditSeal.n, AuditSeal.source, AuditSeal.entry, AuditSeal.previous, AuditSeal.digest,
            *columns_of("entry"), *columns_of("trace"),
        )
        .outerjoin(AuditEntry, sa.and_(AuditSeal.source == "entry", AuditEntry.id == AuditSeal.entry))
        .outerjoin(AuditTrace, sa.and_(AuditSeal.source == "trace", AuditTrace.id == AuditSeal.entry))
        .where(AuditSeal.n > n).order_by(AuditSeal.n).limit(AT_ONCE)
    )  # fmt: skip
    return session.execute(query).all()


def _without_seal(session: Session, found: Checked, since: datetime | None) -> None:
    """What the sealer has passed and not sealed came past it; what it has not reached yet only waits."""
    start, end = window(passed(session), running(session)[1])
    reached = start if end != 2**63 - 1 else 0  # restored into another server: nothing is passed yet
    for source, table in TABLES.items():
        missing = unsealed(source)
        if since is not None:
            missing &= table.at >= since
        waiting = sa.select(sa.func.count(), sa.func.min(table.at)).where(missing, table.tx >= reached)
        count, oldest = session.execute(waiting).one()
        found.unsealed += count
        found.oldest_unsealed = min(filter(None, (found.oldest_unsealed, oldest)), default=None)
        query = sa.select(table.id).where(missing, table.tx < reached).order_by(table.id)
        for number in session.scalars(query.execution_options(yield_per=AT_ONCE)):
            sentence = f"{source} {number} was put in past the seals, or its seal was removed"
            found.fault(Fault("inserted", sentence, source, number))


def _compare_heads(session: Session, found: Checked, heads: Sequence[Head]) -> None:
    digests = {}
    for start in range(0, len(heads), AT_ONCE):
        wanted = [one.n for one in heads[start : start + AT_ONCE]]
        digests.update(_digests(session, wanted))
    for head in heads:
        found.heads += 1
        there = digests.get(head.n)
        if there is None:
            what = "is gone: the end was cut off, the seal removed, or an older backup restored"
        elif there != head.digest:
            what = "has another digest now: the chain up to there was written anew"
        else:
            continue
        found.fault(Fault("head", f"seal {head.n}, published at {head.at.isoformat()}, {what}", n=head.n))


def _digests(session: Session, wanted: Iterable[int]) -> dict[int, bytes]:
    query = sa.select(AuditSeal.n, AuditSeal.digest)
    query = query.where(AuditSeal.n == sa.any_(sa.literal(list(wanted), sa.ARRAY(sa.BigInteger))))
    return {row.n: row.digest for row in session.execute(query)}


def _first_since(session: Session, since: datetime | None) -> int:
    """The first seal of an entry or trace of that time on; one after the last where there is none."""
    if since is None:
        return 1
    first: list[int] = []
    for source, table in TABLES.items():
        query = sa.select(sa.func.min(AuditSeal.n)).join(
            table, sa.and_(AuditSeal.source == source, table.id == AuditSeal.entry)
        )
        first += filter(None, [session.scalar(query.where(table.at >= since))])
    return min(first, default=(session.scalar(sa.select(sa.func.max(AuditSeal.n))) or 0) + 1)
