"""The zone of a patient who travels changes; a local day is that of the zone of the moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# As in store/zones.py: the day goes on while the clock will show its date once more.
PAIN = """
    CREATE OR REPLACE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id,
           least((v.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at) AS state, v.revision
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND v.at >= z.starts AND v.at < z.ends
"""

PAIN_BEFORE = """
    CREATE OR REPLACE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id, (v.at AT TIME ZONE p.tz)::date AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at) AS state, v.revision
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
"""

HOME = "IANA time zone at enrolment, cuts the local days unless patient_zone says otherwise"


def upgrade() -> None:
    op.create_table(
        "patient_zone",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False, comment="or -infinity"),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False, comment="or infinity"),
        sa.Column("tz", sa.Text(), nullable=False, comment="IANA time zone, cuts the local days"),
        sa.Column(
            "last_day",
            sa.Date(),
            nullable=True,
            comment="the earliest date that the clock shows after `ends`: no local day in here is later",
        ),
        sa.CheckConstraint("starts < ends", name=op.f("ck_patient_zone_starts_first")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_zone_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "starts", name=op.f("pk_patient_zone")),
    )
    op.alter_column("patient", "tz", comment=HOME)
    op.execute(PAIN)


def downgrade() -> None:
    op.execute(PAIN_BEFORE)
    op.alter_column("patient", "tz", comment="IANA time zone, cuts the local days")
    op.drop_table("patient_zone")
