"""Who is told of a case at each ward, and who is on duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ONLY_ADDED = """
    CREATE TRIGGER ward_plan_is_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ward_plan
    EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "ward_plan",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="1, 2, ... of the site"),
        sa.Column("document", pg.JSONB(), nullable=False, comment="as ladder.reading reads it"),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_ward_plan_version_from_1")),
        sa.CheckConstraint(
            "length(btrim(reason)) BETWEEN 1 AND 500", name=op.f("ck_ward_plan_reason_is_told")
        ),
        sa.CheckConstraint(
            "length(btrim(saved_by)) BETWEEN 1 AND 200", name=op.f("ck_ward_plan_named_person")
        ),
        sa.PrimaryKeyConstraint("site", "version", name=op.f("pk_ward_plan")),
    )
    # Somebody was or was not told by a version, so it stays what it was.
    op.execute(ONLY_ADDED)
    # Whoever changes who is told leaves a trace in the audit: store/audit/traces.py.
    op.execute(
        sa.select(sa.func.trace_table("ward_plan", "site,version", "", "site,version", "saved_by", "reason"))
    )


def downgrade() -> None:
    op.drop_table("ward_plan")
