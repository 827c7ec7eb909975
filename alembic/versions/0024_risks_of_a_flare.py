"""How likely a flare within seven days was at the end of each day, with the model that said so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FLARE_RISKS = """
    CREATE VIEW reading.flare_risks AS
    SELECT p.code AS patient, f.day, f.p_flare_7d, f.reason, f.model, f.model_version, f.model_sha256, f.rule,
           f.computed_at
    FROM flare_risk f JOIN patient p ON p.id = f.patient_id
"""


def upgrade() -> None:
    op.create_table(
        "flare_risk",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the patient's local day, at its end"),
        sa.Column(
            "p_flare_7d",
            sa.Double(),
            nullable=True,
            comment="that one of the next seven days is a day of a flare, one in progress included",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why there is no probability"),
        sa.Column("model", sa.Text(), nullable=False, comment="name of the model"),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        sa.Column("model_sha256", sa.Text(), nullable=False, comment="checksum over its content"),
        sa.Column(
            "rule", sa.Text(), nullable=False, comment="of the screen that it takes up: name and version"
        ),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last time that it came out otherwise",
        ),
        sa.CheckConstraint("num_nonnulls(p_flare_7d, reason) = 1", name=op.f("ck_flare_risk_says_something")),
        sa.CheckConstraint("p_flare_7d >= 0 AND p_flare_7d <= 1", name=op.f("ck_flare_risk_a_probability")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_flare_risk_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "day", name=op.f("pk_flare_risk")),
    )
    op.execute(FLARE_RISKS)


def downgrade() -> None:
    op.execute("DROP VIEW reading.flare_risks")
    op.drop_table("flare_risk")
