"""Which messages are urgent and of which ward, what a channel answered, and which went out together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# What waits at the upgrade goes on as it would have.
OF_ITS_CASE = """
    UPDATE delivery d SET site = p.site, urgent = c.severity = 'high'
    FROM "case" c JOIN patient p ON p.id = c.patient_id
    WHERE c.id = d.case_id
"""


def upgrade() -> None:
    for name, kind, default, said in (
        ("site", sa.Text(), "''", "of the patient: whose plan names the recipient"),
        ("urgent", sa.Boolean(), "false", "the case was high: never held back, never grouped"),
    ):
        op.add_column("delivery", sa.Column(name, kind, nullable=False, server_default=default, comment=said))
        op.alter_column("delivery", name, server_default=None)
    op.add_column(
        "delivery", sa.Column("receipt", sa.Text(), nullable=True, comment="what the channel calls it")
    )
    op.add_column(
        "delivery", sa.Column("digest", sa.Uuid(), nullable=True, comment="key of the message it went out in")
    )
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["urgent", "next_attempt_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.execute(OF_ITS_CASE)


def downgrade() -> None:
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index(
        "ix_delivery_due", "delivery", ["next_attempt_at"], postgresql_where=sa.text("state = 'pending'")
    )
    for name in ("digest", "receipt", "urgent", "site"):
        op.drop_column("delivery", name)
