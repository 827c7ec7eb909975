"""Blocks and epochs have no index on time alone: every row paid for it, and the worklist was misled by it.

TimescaleDB made them by itself in installations of revision 0001 to 0005; elsewhere there are none.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS block_t0_idx")
    op.execute("DROP INDEX IF EXISTS epoch_t_idx")


def downgrade() -> None:
    """Nothing: they served nobody."""
