"""When a device was worn, not worn, off or silent; and statuses are found by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WEAR = """
    CREATE VIEW reading.wear AS
    SELECT p.code AS patient, r.day, d.name AS device, r.starts, r.ends, r.state
    FROM wear_run r JOIN patient p ON p.id = r.patient_id JOIN device d ON d.id = r.device_id
"""

# Whoever asks for the newest day, or for how many there are, means days with data, and those have `worn_min`.
DAYS = """
    CREATE OR REPLACE VIEW reading.days AS
    SELECT DISTINCT ON (p.code, i.day, i.index)
           p.code AS patient, i.day, i.index, i.value, i.unit, i.worn_min, i.method, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id
    WHERE EXISTS (SELECT FROM day_index w
                  WHERE w.patient_id = i.patient_id AND w.day = i.day AND w.index = 'worn_min')
    ORDER BY p.code, i.day, i.index, i.computed_at DESC
"""

DAYS_BEFORE = """
    CREATE OR REPLACE VIEW reading.days AS
    SELECT DISTINCT ON (p.code, i.day, i.index)
           p.code AS patient, i.day, i.index, i.value, i.unit, i.worn_min, i.method, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id
    ORDER BY p.code, i.day, i.index, i.computed_at DESC
"""


def upgrade() -> None:
    op.create_table(
        "wear_run",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the patient's local day"),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False, comment="true time"),
        sa.Column(
            "ends",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of the running day, when it was computed",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="worn, not_worn, off, no_data"),
        sa.CheckConstraint("starts < ends", name=op.f("ck_wear_run_starts_first")),
        sa.CheckConstraint("state IN ('worn', 'not_worn', 'off', 'no_data')", name=op.f("ck_wear_run_state")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_wear_run_patient_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_wear_run_device_id")),
        sa.PrimaryKeyConstraint("patient_id", "day", "device_id", "starts", name=op.f("pk_wear_run")),
    )
    op.create_index("ix_device_status_time", "device_status", ["device_id", "at"])
    op.execute(WEAR)
    op.execute(DAYS)


def downgrade() -> None:
    op.execute(DAYS_BEFORE)
    op.execute("DROP VIEW reading.wear")
    op.drop_index("ix_device_status_time", "device_status")
    op.drop_table("wear_run")
