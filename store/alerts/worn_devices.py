"""Devices that are worn now and that are silent, or whose battery is low."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class WornDevice:
    """A device that somebody wears."""

    patient_id: int
    device: str
    heard_at: datetime  #: its last message, or the beginning of the wearing where that is later
    battery_pct: float | None  #: as its last status that says one


def worn_devices_in_need(
    session: Session, at: datetime, silent_since: datetime, battery_below: float
) -> list[WornDevice]:
    """The devices worn at `at` that sent nothing after `silent_since`, or whose battery is below.

    A look at every device that is worn, each by primary keys: for a job that runs now and then. A device
    counts as heard when it was put on and when it was enrolled: before that it owed nothing.
    """
    rows = session.execute(
        sa.text(
            """
            SELECT w.patient_id, d.name, heard.at, said.battery_pct
            FROM wearing w
            JOIN device d ON d.id = w.device_id AND d.revoked_at IS NULL
            CROSS JOIN LATERAL (
                SELECT greatest(max(s.changed_at), lower(w.during), d.enrolled_at) AS at
                FROM settled s WHERE s.device_id = w.device_id
            ) heard
            LEFT JOIN LATERAL (
                SELECT t.battery_pct FROM device_status t
                WHERE t.device_id = w.device_id AND t.battery_pct IS NOT NULL
                ORDER BY t.boot DESC, t.seq DESC LIMIT 1
            ) said ON true
            WHERE w.during @> CAST(:at AS timestamptz)
              AND w.patient_id NOT IN (SELECT id FROM patient WHERE synthetic) -- the watchdog's own to tell
              AND (heard.at <= :silent_since OR said.battery_pct < :battery_below)
            ORDER BY w.patient_id, d.name
            """
        ),
        {"at": at, "silent_since": silent_since, "battery_below": battery_below},
    )
    return [WornDevice(*row) for row in rows]
