"""What became of a patient after each treatment, and which of these wait to be computed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RESPONSES = """
    CREATE VIEW reading.responses AS
    SELECT p.code AS patient, t.at AS treatment_at, t.kind, t.technique,
           r.result->>'endpoint' AS endpoint, r.result->>'best' AS best,
           (r.result->>'time_to_response_days')::int AS time_to_response_days,
           (r.result->>'duration_days')::int AS duration_days,
           (r.result->>'censored')::boolean AS censored,
           r.result->>'reason' AS reason, r.method, r.computed_at
    FROM response r JOIN treatment t ON t.id = r.treatment_id JOIN patient p ON p.id = r.patient_id
    WHERE r.computed_at IS NOT NULL AND t.withdrawn_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "response",
        sa.Column("treatment_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="from when on it is to be computed; none: settled",
        ),
        sa.Column("marks", sa.BigInteger(), nullable=False, comment="counts what made it due"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.Text(), nullable=True, comment="name and version"),
        sa.Column(
            "result",
            pg.JSONB(none_as_null=True),
            nullable=True,
            comment="endpoints, course, measures, each null with its reason",
        ),
        sa.CheckConstraint(
            "(computed_at IS NULL) = (result IS NULL)", name=op.f("ck_response_computed_says_something")
        ),
        sa.CheckConstraint(
            "(computed_at IS NULL) = (method IS NULL)", name=op.f("ck_response_computed_says_how")
        ),
        sa.ForeignKeyConstraint(["treatment_id"], ["treatment.id"], name=op.f("fk_response_treatment_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_response_patient_id")),
        sa.PrimaryKeyConstraint("treatment_id", name=op.f("pk_response")),
    )
    op.create_index("ix_response_due", "response", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("ix_response_patient", "response", ["patient_id"])
    op.execute(RESPONSES)
    # Treatments that were entered before have a response, too.
    op.execute(
        "INSERT INTO response (treatment_id, patient_id, due_at, marks) "
        "SELECT id, patient_id, now(), 1 FROM treatment WHERE withdrawn_at IS NULL"
    )


def downgrade() -> None:
    op.execute("DROP VIEW reading.responses")
    op.drop_table("response")
