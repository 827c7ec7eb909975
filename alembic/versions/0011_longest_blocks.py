"""How long the blocks of a device are at most: the search for those of a minute no longer goes back nine days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# One walk through the blocks, without their samples, which lie apart. The limit is `store.blocks.USUAL`.
FILL = """
    INSERT INTO long_block (device_id, longest)
    SELECT device_id, max(ends - t0) FROM block WHERE ends - t0 > interval '2 minutes' GROUP BY device_id
"""


def upgrade() -> None:
    op.create_table(
        "long_block",
        sa.Column("device_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("longest", sa.Interval(), nullable=False, comment="ends - t0 of its longest block so far"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_long_block")),
    )
    op.execute(FILL)


def downgrade() -> None:
    op.drop_table("long_block")
