"""How many pages a ward chose to bear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ONLY_ADDED = """
    CREATE TRIGGER page_budget_is_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON page_budget
    EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "page_budget",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column(
            "pages_per_patient_week",
            sa.Double(),
            nullable=True,
            comment="of stable patients, floor pages not counted; none: as shipped",
        ),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "pages_per_patient_week > 0 AND pages_per_patient_week <= 7",
            name=op.f("ck_page_budget_pages_of_a_week"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_budget")),
    )
    op.create_index("ix_page_budget_site", "page_budget", ["site", "id"])
    # A decision names the row by which it was made, so a row stays what it was.
    op.execute(ONLY_ADDED)


def downgrade() -> None:
    op.drop_table("page_budget")
