"""The newest question about one patient alone is found without a look at those about cohorts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_association_alone",
        "association",
        ["patient_ids", "computed_at", "id"],
        postgresql_where=sa.text("cardinality(patient_ids) = 1 AND NOT aggregate"),
    )


def downgrade() -> None:
    op.drop_index("ix_association_alone", "association")
