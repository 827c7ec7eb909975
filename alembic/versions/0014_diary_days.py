"""When an answer was written down, whom somebody asks each day, and what became of each day of the diary."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

STATE = """
    CREATE FUNCTION pain_state(
        skipped text, revision bigint, at timestamptz, received_at timestamptz, entered_at timestamptz
    ) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN skipped IS NOT NULL THEN 'skipped'
                    WHEN revision > 1 THEN 'corrected'
                    WHEN entered_at - at > interval '6 hours' THEN 'backfilled'
                    WHEN received_at - coalesce(entered_at, at) > interval '24 hours' THEN 'late'
                    ELSE 'answered' END
    $$
"""

# Both times move by the offset that the clock had at `at`: what lies between them is as the device said.
OF_PATIENT = """
    CREATE OR REPLACE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           t.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped, r.entered_at + t.shift AS entered_at
    FROM pain_report r
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT coalesce(c.offset_us, 0) * interval '1 microsecond') s(shift)
    CROSS JOIN LATERAL (SELECT r.at + s.shift AS at, s.shift) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
"""
PAIN = """
    CREATE OR REPLACE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id,
           least((v.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at, v.entered_at) AS state, v.revision,
           v.entered_at
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND v.at >= z.starts AND v.at < z.ends
"""

STATE_BEFORE = """
    CREATE FUNCTION pain_state(skipped text, revision bigint, at timestamptz, received_at timestamptz)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN skipped IS NOT NULL THEN 'skipped'
                    WHEN revision > 1 THEN 'corrected'
                    WHEN received_at - at > interval '24 hours' THEN 'late'
                    ELSE 'answered' END
    $$
"""
OF_PATIENT_BEFORE = """
    CREATE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           t.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped
    FROM pain_report r
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT r.at + coalesce(c.offset_us, 0) * interval '1 microsecond' AS at) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
"""
PAIN_BEFORE = """
    CREATE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id,
           least((v.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at) AS state, v.revision
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND v.at >= z.starts AND v.at < z.ends
"""


def upgrade() -> None:
    op.add_column(
        "pain_report",
        sa.Column(
            "entered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was written down, if not at `at`",
        ),
    )
    op.create_check_constraint(op.f("ck_pain_report_told_before_written"), "pain_report", "entered_at >= at")
    op.alter_column("pain_report", "at", comment="the time that it tells of")
    for statement in (STATE, OF_PATIENT, PAIN):
        op.execute(statement)
    op.execute("DROP FUNCTION pain_state(text, bigint, timestamptz, timestamptz)")


def downgrade() -> None:
    for statement in ("DROP VIEW reading.pain", "DROP VIEW pain_of_patient"):
        op.execute(statement)
    for statement in (STATE_BEFORE, OF_PATIENT_BEFORE, PAIN_BEFORE):
        op.execute(statement)
    op.execute("DROP FUNCTION pain_state(text, bigint, timestamptz, timestamptz, timestamptz)")
    op.drop_constraint(op.f("ck_pain_report_told_before_written"), "pain_report")
    op.drop_column("pain_report", "entered_at")
    op.alter_column("pain_report", "at", comment="when the patient answered")
