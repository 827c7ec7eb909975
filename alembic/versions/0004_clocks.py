"""The clocks of devices; the views that outsiders read tell true times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# `shift` is made of microseconds alone: in days, it would depend on the reader's time zone.
CLOCK = """
    CREATE VIEW clock AS
    SELECT d.id AS device_id, coalesce(c.starts, '-infinity') AS starts, coalesce(c.ends, 'infinity') AS ends,
           coalesce(c.offset_us, 0) * interval '1 microsecond' AS shift
    FROM device d LEFT JOIN device_clock c ON c.device_id = d.id
"""

# In two halves: of a device whose clock was never wrong, a condition on `t` still finds its index.
EPOCHS = """
    CREATE OR REPLACE VIEW reading.epochs AS
    SELECT p.code AS patient, d.name AS device, e.t, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg
    FROM epoch e
    JOIN device d ON d.id = e.device_id AND NOT EXISTS (SELECT FROM device_clock c WHERE c.device_id = d.id)
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t
    LEFT JOIN patient p ON p.id = w.patient_id
    UNION ALL
    SELECT p.code, d.name, e.t + c.shift, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg
    FROM (SELECT device_id, starts, ends, offset_us * interval '1 microsecond' AS shift FROM device_clock) c
    JOIN device d ON d.id = c.device_id
    JOIN epoch e ON e.device_id = c.device_id AND e.t >= c.starts AND e.t < c.ends
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t + c.shift
    LEFT JOIN patient p ON p.id = w.patient_id
"""

PAIN = """
    CREATE OR REPLACE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           t.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped
    FROM pain_report r
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT r.at + coalesce(c.offset_us, 0) * interval '1 microsecond' AS at) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
"""

EPOCHS_BEFORE = """
    CREATE OR REPLACE VIEW reading.epochs AS
    SELECT p.code AS patient, d.name AS device, e.t, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg
    FROM epoch e
    JOIN device d ON d.id = e.device_id
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t
    LEFT JOIN patient p ON p.id = w.patient_id
"""

PAIN_BEFORE = """
    CREATE OR REPLACE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           r.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped
    FROM pain_report r
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> r.at
"""


def upgrade() -> None:
    op.create_table(
        "clock_run",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False, comment="of the status that shows it first"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("offset_us", sa.BigInteger(), nullable=False, comment="true time = device time + offset"),
        sa.Column(
            "since_us", sa.BigInteger(), nullable=False, comment="device time from which it can have held"
        ),
        sa.Column("first_us", sa.BigInteger(), nullable=False, comment="device time of the first status"),
        sa.Column(
            "last_us",
            sa.BigInteger(),
            nullable=False,
            comment="of the last that agreed when this was decided",
        ),
        sa.Column("heard_us", sa.BigInteger(), nullable=False, comment="when that came, by our clock"),
        sa.Column("statuses", sa.Integer(), nullable=False, comment="how many agreed when this was decided"),
        sa.Column("firm", sa.Boolean(), nullable=False, comment="not the word of a single status"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_clock_run_device_id")),
        sa.PrimaryKeyConstraint("device_id", "boot", "seq", name=op.f("pk_clock_run")),
    )
    op.create_table(
        "device_clock",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False, comment="device time, or -infinity"),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False, comment="device time, or infinity"),
        sa.Column("offset_us", sa.BigInteger(), nullable=False, comment="true time = device time + offset"),
        sa.CheckConstraint("starts < ends", name=op.f("ck_device_clock_starts_first")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_clock_device_id")),
        sa.PrimaryKeyConstraint("device_id", "starts", name=op.f("pk_device_clock")),
    )
    for view in (CLOCK, EPOCHS, PAIN):
        op.execute(view)


def downgrade() -> None:
    for view in (PAIN_BEFORE, EPOCHS_BEFORE, "DROP VIEW clock"):
        op.execute(view)
    op.drop_table("device_clock")
    op.drop_table("clock_run")
