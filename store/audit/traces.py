"""What the database itself writes down of rows that are added, changed or removed, whichever code did it.

A trigger on each table of `TRACED` adds a row to `audit_trace`: which row, which columns, and a digest of
what the row is now; never a clinical value and never a secret. A migration that makes a table has it traced
by the function `trace_table`; one that gives rows new content calls it again, and they are written down anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.access import THIS_TRANSACTION
from store.database import Base, one_of


class AuditTrace(Base):
    """One row of a traced table was added, changed or removed. Rows are only added."""

    __tablename__ = "audit_trace"
    __table_args__ = (
        sa.CheckConstraint(one_of("op", ("added", "changed", "removed", "found")), name="op"),
        sa.Index("ix_audit_trace_at", "at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(comment="as the row says, else the user of the database")
    tbl: Mapped[str] = mapped_column(comment="the table")
    key: Mapped[str] = mapped_column(comment="the key of the row")
    op: Mapped[str] = mapped_column(comment="added, changed, removed, found")
    # No foreign key: what was done stays written down when a patient is erased.
    patient_id: Mapped[int | None] = mapped_column(index=True)
    columns: Mapped[str | None] = mapped_column(comment="which changed, never their values")
    detail: Mapped[str | None] = mapped_column(comment="identifiers and codes, nothing clinical")
    reason: Mapped[str | None] = mapped_column(comment="why, where it is not clinical")
    digest: Mapped[bytes | None] = mapped_column(comment="sha256 of the row as it is now")
    tx: Mapped[int] = mapped_column(
        server_default=THIS_TRANSACTION, index=True, comment="the transaction that wrote it"
    )


@dataclass(frozen=True, slots=True)
class Traced:
    """How a table is traced."""

    key: tuple[str, ...] = ("id",)
    ignored: tuple[str, ...] = ()  #: columns that may change unseen: bookkeeping that says nothing of anybody
    told: tuple[str, ...] = ()  #: columns whose values stand in the trace
    actor: str = ""  #: the column that names who added a row
    reason: str = ""  #: the column of a reason that is not clinical

    @property
    def arguments(self) -> tuple[str, ...]:
        """As the trigger has them."""
        return ",".join(self.key), ",".join(self.ignored), ",".join(self.told), self.actor, self.reason


TRACED = {
    "account": Traced(ignored=("failures", "locked_until"), told=("name", "role", "site", "disabled_at")),
    "token": Traced(told=("name", "role", "site", "revoked_at")),
    "patient": Traced(told=("site", "tz")),
    "patient_zone": Traced(("patient_id", "starts"), told=("tz",)),
    "patient_attribute": Traced(("patient_id",), actor="told_by"),
    "device": Traced(told=("name", "revoked_at")),
    "wearing": Traced(told=("device_id", "during")),
    "diary_link": Traced(ignored=("last_used_at",), told=("expires_at", "revoked_at"), actor="created_by"),
    "diary_asked": Traced(told=("first_day", "last_day")),
    "treatment": Traced(),
    "page_budget": Traced(told=("site", "pages_per_patient_week"), actor="set_by"),
    "decision": Traced(ignored=("told", "asked_at"), told=("day", "tier", "rule"), reason="untold"),
    "check_in": Traced(("patient_id", "day"), ("seen_at",), ("day", "about")),
    "case": Traced(
        ignored=("last_evidence_at", "next_at"),
        told=("kind", "state", "outcome", "rung", "step", "assigned_to", "snoozed_until"),
    ),
    "case_event": Traced(told=("case_id", "kind"), actor="actor"),
    # Why a message was suppressed may be the words of a clinician: they stay in the row, and in its digest.
    "delivery": Traced(told=("case_id", "step", "recipient", "rank", "channel", "state", "attempts")),
    "ward_plan": Traced(("site", "version"), told=("site", "version"), actor="saved_by", reason="reason"),
    "alert_silence": Traced(
        told=("site", "case_id", "begins", "ends", "second", "ended_at", "ended_by"), actor="author"
    ),
}

#: Tables that are not traced, each with the reason.
NOT_TRACED = {
    "audit_entry": "it is the audit",
    "audit_trace": "it is the audit",
    "audit_seal": "it is the audit",
    "audit_passed": "it is the audit",
    "association": "a question leaves an entry, and its answer is computed again",
    "association_figure": "drawn from an answer",
    "block": "what devices sent, known by its digest",
    "calibration": "computed, with its provenance",
    "clock_run": "computed from statuses",
    "day_index": "computed, with its provenance",
    "device_clock": "computed from statuses",
    "device_status": "what devices sent",
    "epoch": "what devices sent, or computed",
    "flare_risk": "computed, with the version of its model",
    "gap_seen": "computed",
    "heartbeat": "a sign of life",
    "in_hand": "work in progress",
    "login_session": "log-in and log-out leave entries",
    "long_block": "computed",
    "named": "what devices sent, known by its digest",
    "new_blocks": "work in progress",
    "note_finding": "computed",
    "note_reading": "work in progress",
    "pain_report": "what patients said; who wrote it down leaves an entry",
    "provenance": "computed",
    "quarantine": "what was refused; looks and decisions leave entries",
    "quarantine_decided": "each decision leaves an entry",
    "ragged": "computed",
    "response": "computed",
    "settled": "what devices sent",
    "stale_day": "work in progress",
    "still_points": "computed",
    "suspect": "work in progress",
    "watch_message": "the watchdog's test sink",
    "watch_round": "the watchdog's own log",
    "wear_run": "computed, with its provenance",
}

_SYNTHETIC = "(SELECT id FROM patient WHERE synthetic)"
_ITS_CASES = f'(SELECT id FROM "case" WHERE patient_id IN {_SYNTHETIC})'
#: What the watchdog's rounds leave is traced nowhere, and goes: decision 39.
_PASSED_OVER = {
    "decision": f"WHERE r.patient_id NOT IN {_SYNTHETIC}",
    "check_in": f"WHERE r.patient_id NOT IN {_SYNTHETIC}",
    "case": f"WHERE r.patient_id NOT IN {_SYNTHETIC}",
    "case_event": f"WHERE r.case_id NOT IN {_ITS_CASES}",
    "delivery": f"WHERE r.case_id NOT IN {_ITS_CASES}",
}

#: How a row is written must not depend on who asks.
SAME_FOR_ALL = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO, MDY'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
)


@dataclass(frozen=True, slots=True)
class Differs:
    """A row that is not what was last written down of it."""

    tbl: str
    key: str
    what: str  #: `changed`, `gone`, `unknown`

    @property
    def sentence(self) -> str:
        """For people."""
        said = {
            "changed": "is not what was last written down of it",
            "gone": "is gone, and nothing says who removed it",
            "unknown": "was never written down",
        }
        return f"{self.tbl} {self.key} {said[self.what]}"


def traced_tables(session: Session) -> list[str]:
    """The tables of `TRACED` that this database has."""
    there = (
        "SELECT t FROM unnest(:names ::text[]) t WHERE to_regclass('public.' || quote_ident(t)) IS NOT NULL"
    )
    return sorted(session.scalars(sa.text(there), {"names": list(TRACED)}))


def untraced(session: Session) -> list[str]:
    """Traced tables whose trigger is missing or switched off, and parts of the audit that may be changed."""
    wanted = [(table, f"{table}_is_traced") for table in traced_tables(session)]
    only_added = ("audit_entry", "audit_trace", "audit_seal", "case_event", "page_budget", "ward_plan")
    wanted += [(table, f"{table}_is_only_added") for table in only_added]
    wanted += [("case_event", "case_event_is_kept"), ("alert_silence", "alert_silence_is_kept")]
    wanted += [("patient", "patient_stays_synthetic_or_not")]
    query = """
        SELECT c.relname || ' ' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE t.tgenabled IN ('O', 'A') AND c.relnamespace = 'public'::regnamespace
    """
    on = set(session.scalars(sa.text(query)))
    begun_with = "SELECT reset_val FROM pg_settings WHERE name = 'session_replication_role'"
    if session.scalar(sa.text(begun_with)) != "origin":
        on.clear()  # set for the whole database or its user: none of these fires in any session
    return [trigger for table, trigger in wanted if f"{table} {trigger}" not in on]


def differing(session: Session, since: datetime | None = None) -> Iterator[tuple[str, int, list[Differs]]]:
    """Each traced table with how many rows were compared, and those that differ from their newest trace.

    With `since` only rows that have a trace from then on. A row that never got one is found without it only.
    """
    for statement in SAME_FOR_ALL:
        session.execute(sa.text(statement))
    for table in traced_tables(session):
        how = TRACED[table]
        of_patients = _PASSED_OVER.get(table, "")
        query = sa.text(_DIFFERING.format(table=table, of_patients=of_patients)).bindparams(
            sa.bindparam("tbl", table),
            sa.bindparam("keys", list(how.key), pg.ARRAY(sa.Text)),
            sa.bindparam("ignored", list(how.ignored), pg.ARRAY(sa.Text)),
            sa.bindparam("since", since, sa.DateTime(timezone=True)),
        )
        compared = 0
        found = []
        for key, what, count in session.execute(query):
            compared = count
            if what is not None:
                found.append(Differs(table, key, what))
        yield table, compared, found


_DIFFERING = """
    WITH newest AS (
        SELECT DISTINCT ON (key) key, op, digest FROM audit_trace
        WHERE tbl = :tbl AND (:since IS NULL OR key IN (
            SELECT key FROM audit_trace WHERE tbl = :tbl AND at >= :since))
        ORDER BY key, id DESC
    ), there AS (
        SELECT (SELECT string_agg(j ->> c, ',') FROM unnest(:keys) c) AS key,
               audit_content(j, :ignored) AS digest
        FROM (SELECT to_jsonb(r) AS j FROM "{table}" r {of_patients}) rows
    ), compared AS (
        SELECT key, CASE
            WHEN n.key IS NULL THEN CASE WHEN :since IS NULL THEN 'unknown' END
            WHEN t.key IS NULL THEN CASE WHEN n.op <> 'removed' THEN 'gone' END
            WHEN n.op = 'removed' OR n.digest IS DISTINCT FROM t.digest THEN 'changed' END AS what
        FROM newest n FULL JOIN there t USING (key)
    )
    SELECT NULL AS key, NULL AS what, (SELECT count(*) FROM newest) AS n
    UNION ALL
    (SELECT key, what, (SELECT count(*) FROM newest) FROM compared WHERE what IS NOT NULL
     ORDER BY length(key), key LIMIT 1000)
"""
