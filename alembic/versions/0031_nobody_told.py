"""Of which decisions nobody was told, found by patient and day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_decision_nobody_told",
        "decision",
        ["patient_id", "day"],
        postgresql_where=sa.text("untold IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_decision_nobody_told", "decision")
