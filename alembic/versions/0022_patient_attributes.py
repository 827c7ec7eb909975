"""By what a fairness report tells people apart: age band, sex, language and stage, as codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_attribute",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=True, comment="a band, never a birth date"),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column(
            "language", sa.Text(), nullable=True, comment="ISO 639, the one that the diary is answered in"
        ),
        sa.Column("stage", sa.Text(), nullable=True, comment="of the disease: I to IV"),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "age_band IN ('0-17', '18-49', '50-64', '65-74', '75+')",
            name=op.f("ck_patient_attribute_age_band_is_a_code"),
        ),
        sa.CheckConstraint(
            "sex IN ('female', 'male', 'other')", name=op.f("ck_patient_attribute_sex_is_a_code")
        ),
        sa.CheckConstraint(
            "stage IN ('I', 'II', 'III', 'IV')", name=op.f("ck_patient_attribute_stage_is_a_code")
        ),
        sa.CheckConstraint("language ~ '^[a-z]{2,3}$'", name=op.f("ck_patient_attribute_language_is_a_code")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_attribute_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_attribute")),
    )


def downgrade() -> None:
    op.drop_table("patient_attribute")
