"""Results say by which software and with which parameters they were made, and all versions can be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RESULTS = """
    CREATE VIEW reading.results AS
    SELECT p.code AS patient, i.day, i.index, i.value, i.unit, i.reason, i.worn_min, i.method, s.software,
           s.parameters, i.input_digest, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id LEFT JOIN provenance s ON s.id = i.provenance_id
"""


def upgrade() -> None:
    op.create_table(
        "provenance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="version of the definitions"),
        sa.Column("software", sa.Text(), nullable=False, comment="version of this software"),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provenance")),
        sa.UniqueConstraint(
            "method", "software", "parameters", name=op.f("uq_provenance_method_software_parameters")
        ),
    )
    op.add_column(
        "day_index",
        sa.Column(
            "provenance_id", sa.BigInteger(), nullable=True, comment="none: computed before there were any"
        ),
    )
    op.create_foreign_key(
        op.f("fk_day_index_provenance_id"), "day_index", "provenance", ["provenance_id"], ["id"]
    )
    op.execute(RESULTS)


def downgrade() -> None:
    op.execute("DROP VIEW reading.results")
    op.drop_constraint(op.f("fk_day_index_provenance_id"), "day_index")
    op.drop_column("day_index", "provenance_id")
    op.drop_table("provenance")
