"""A minute made from raw samples says how much its wearer's arm swayed: what tells a resting wrist from a table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "epoch",
        sa.Column(
            "sway",
            sa.REAL(),
            nullable=True,
            comment="of a minute made from raw: slow movement over the noise of its sensor; 0 not at rest",
        ),
    )


def downgrade() -> None:
    op.drop_column("epoch", "sway")
