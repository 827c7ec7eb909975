"""Devices that stream raw acceleration are calibrated; each minute says by what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The view of revision 0004, with one column more at its end.
_EPOCHS = """
    SELECT p.code AS patient, d.name AS device, e.t, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg {number}
    FROM epoch e
    JOIN device d ON d.id = e.device_id AND NOT EXISTS (SELECT FROM device_clock c WHERE c.device_id = d.id)
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t
    LEFT JOIN patient p ON p.id = w.patient_id
    {calibration}
    UNION ALL
    SELECT p.code, d.name, e.t + c.shift, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg {number}
    FROM (SELECT device_id, starts, ends, offset_us * interval '1 microsecond' AS shift FROM device_clock) c
    JOIN device d ON d.id = c.device_id
    JOIN epoch e ON e.device_id = c.device_id AND e.t >= c.starts AND e.t < c.ends
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t + c.shift
    LEFT JOIN patient p ON p.id = w.patient_id
    {calibration}
"""
EPOCHS = "CREATE OR REPLACE VIEW reading.epochs AS" + _EPOCHS.format(
    number=", k.version AS calibration", calibration="LEFT JOIN calibration k ON k.id = e.calibration_id"
)
EPOCHS_BEFORE = "CREATE VIEW reading.epochs AS" + _EPOCHS.format(number="", calibration="")


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ... of the device"),
        sa.Column(
            "from_t",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="device time, a whole minute: the first it corrects",
        ),
        sa.Column(
            "scale",
            postgresql.ARRAY(sa.Double()),
            nullable=False,
            comment="x, y, z: (a + offset) * scale",
        ),
        sa.Column("offset_g", postgresql.ARRAY(sa.Double()), nullable=False, comment="x, y, z"),
        sa.Column("points", sa.Integer(), nullable=False, comment="still windows of 10 s it was fitted to"),
        sa.Column("error_before_mg", sa.Double(), nullable=False),
        sa.Column("error_after_mg", sa.Double(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="how it was fitted"),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_calibration_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
        sa.UniqueConstraint("device_id", "version", name=op.f("uq_calibration_device_id_version")),
    )
    op.create_table(
        "still_points",
        sa.Column("device_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=False, comment="when its data is looked at again"
        ),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "seen_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="device time: minutes up to it were looked at",
        ),
        sa.Column(
            "starts",
            sa.LargeBinary(),
            server_default=sa.text("''"),
            nullable=False,
            comment="of windows, int4 each: 10 s since 1970",
        ),
        sa.Column(
            "g",
            sa.LargeBinary(),
            server_default=sa.text("''"),
            nullable=False,
            comment="x, y, z of each as measured, int2: 0.1 mg",
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="why there is no calibration, or no new one; null: there is",
        ),
        sa.Column(
            "error_mg",
            sa.Double(),
            nullable=True,
            comment="of the newest points with the calibration that holds",
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_still_points_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_still_points")),
    )
    op.create_index("ix_still_points_due_at", "still_points", ["due_at"])
    op.add_column(
        "epoch",
        sa.Column(
            "calibration_id", sa.BigInteger(), nullable=True, comment="of source raw; null: not calibrated"
        ),
    )
    op.execute(EPOCHS)


def downgrade() -> None:
    op.execute("DROP VIEW reading.epochs")
    op.execute(EPOCHS_BEFORE)
    op.drop_column("epoch", "calibration_id")
    op.drop_table("still_points")
    op.drop_table("calibration")
