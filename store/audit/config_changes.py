"""That a part started with other settings than the last time, as an entry of the audit."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.access import AuditEntry, record
from store.audit.settings_told import SALT_BYTES, Changes, Setting, after, changes, changes_in, document_of

ACTION = "config.change"


def note_settings(
    session: Session,
    part: str,
    user: str,
    at: datetime,
    settings: Mapping[str, Setting],
    reason: str | None = None,
) -> Changes:
    """Write down what differs from the part's last start; nothing where nothing does. What was written.

    The entry is by `part:user`. A reason that the part gave last is of that change and not given
    again. Processes of one part that start at once take turns, so that one of them writes a change.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(part, _LOCK))))
    before: dict[str, str] = {}
    last_reason = None
    for one in session.execute(_of(part)):
        before = after(before, changes_in(one.detail))
        last_reason = one.reason or last_reason
    changed = changes(before, settings, secrets.token_bytes(SALT_BYTES))
    if changed:
        why_now = None if reason == last_reason else reason or None
        record(session, at, f"{part}:{user}", ACTION, detail=document_of(changed), reason=why_now)
    return changed


_LOCK = 33  #: apart from other locks on a text


def _of(part: str) -> sa.Select[str | None, str | None]:
    return (
        sa.select(AuditEntry.detail, AuditEntry.reason)
        .where(
            AuditEntry.action == ACTION,
            AuditEntry.patient_id.is_(None),  # narrows by an index: most entries are of a patient
            sa.func.split_part(AuditEntry.actor, ":", 1) == part,
        )
        .order_by(AuditEntry.id)
    )
