"""Decisions of a score with whom they reach, and patients who are asked again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TIER = "tier IN ('page', 'review', 'check_in', 'technical')"


def upgrade() -> None:
    # Rows of before have none: the rule that made them knew no tiers. Null also is a day that reaches nobody.
    op.add_column(
        "decision",
        sa.Column(
            "tier", sa.Text(), nullable=True, comment="page, review, check_in, technical; none: nobody"
        ),
    )
    op.add_column(
        "decision",
        sa.Column("score", sa.Double(), nullable=True, comment="log10 of the odds of an escalation"),
    )
    op.create_check_constraint(op.f("ck_decision_tier"), "decision", f"tier IS NULL OR {TIER}")
    op.create_index(
        "ix_decision_review",
        "decision",
        ["patient_id", "id"],
        unique=False,
        postgresql_where=sa.text("verdict = 'review'"),
    )
    op.alter_column("decision", "verdict", comment="fire, review, quiet, no evidence")
    op.create_table(
        "check_in",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the patient's local day on which we ask"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.Date(), nullable=False, comment="the judged day that was the reason"),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the diary page first said so; none: the patient has not opened it",
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_check_in_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "day", name=op.f("pk_check_in")),
    )


def downgrade() -> None:
    op.drop_table("check_in")
    op.drop_index("ix_decision_review", "decision")
    op.drop_constraint(op.f("ck_decision_tier"), "decision")
    op.drop_column("decision", "score")
    op.drop_column("decision", "tier")
