"""Blocks in one piece, without a look-up for each; what a worker has in hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("fk_block_device_id", "block", type_="foreignkey")
    op.drop_constraint("fk_new_blocks_device_id", "new_blocks", type_="foreignkey")
    # A block of one minute (about 7 kB) stays in its page: cut into four pieces elsewhere (TOAST) it cost
    # 84 us to store instead of 39.
    op.execute("ALTER TABLE block SET (toast_tuple_target = 8160)")
    # Each row changes with every message of its device: room for the new version in the same page.
    op.execute("ALTER TABLE settled SET (fillfactor = 50)")
    op.create_index("ix_stale_day_due", "stale_day", ["kind", "since"])
    op.alter_column("stale_day", "kind", comment="movement, diary or asked")
    op.execute("ALTER TABLE stale_day SET (fillfactor = 70)")
    op.add_column(
        "settled",
        sa.Column(
            "refused",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="some were refused: receipts list them",
        ),
    )
    op.execute(
        "UPDATE settled SET refused = true FROM quarantine q JOIN device d ON d.name = q.device "
        "WHERE (settled.device_id, settled.stream, settled.boot) = (d.id, q.stream, q.boot)"
    )
    op.create_table(
        "ragged",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_ragged")),
    )
    op.create_table(
        "in_hand",
        sa.Column("worker", sa.Text(), nullable=False, comment="its client id at the broker"),
        sa.Column("hears", sa.Text(), nullable=True, comment="what its session has subscribed to"),
        sa.Column(
            "at_work", sa.Boolean(), nullable=False, comment="it has started and has not ended by itself"
        ),
        sa.Column(
            "digests",
            sa.LargeBinary(),
            nullable=False,
            comment="of the messages in hand, sha256 after sha256",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="the last change"),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_in_hand")),
    )
    op.create_table(
        "suspect",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the payload"),
        sa.Column("tries", sa.BigInteger(), nullable=False, comment="how often a worker ended over it"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="the last time"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suspect")),
    )


def downgrade() -> None:
    raise RuntimeError("restore a backup instead: what was stored since then would be lost")
