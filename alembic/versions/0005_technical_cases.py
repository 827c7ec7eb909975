"""Since when messages are missing; which devices miss any is found without looking at the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Not an index on a condition over `seqs`: that changes with every message, and each new version of a row
# would then be entered in all indexes. This column changes when a gap opens or closes, and only then.
GAPPED = (
    "ALTER TABLE settled ADD COLUMN gapped boolean NOT NULL "
    "GENERATED ALWAYS AS (seqs <> int8multirange(int8range(0, coalesce(upper(seqs), 0)))) STORED"
)

GAPS = """
    CREATE OR REPLACE VIEW reading.gaps AS
    SELECT d.name AS device, s.stream, s.boot, lower(gap) AS first_missing, upper(gap) - 1 AS last_missing,
           coalesce(g.seen_at, s.changed_at) AS seen_at
    FROM settled s
    JOIN device d ON d.id = s.device_id
    CROSS JOIN LATERAL unnest(int8multirange(int8range(0, upper(s.seqs))) - s.seqs) AS gap
    LEFT JOIN LATERAL (
        SELECT min(n.seen_at) AS seen_at FROM gap_seen n
        WHERE (n.device_id, n.stream, n.boot) = (s.device_id, s.stream, s.boot) AND n.missing && gap
    ) g ON true
    WHERE s.gapped
"""

GAPS_BEFORE = """
    CREATE OR REPLACE VIEW reading.gaps AS
    SELECT d.name AS device, s.stream, s.boot, lower(gap) AS first_missing, upper(gap) - 1 AS last_missing,
           s.changed_at AS seen_at
    FROM settled s
    JOIN device d ON d.id = s.device_id
    CROSS JOIN LATERAL unnest(int8multirange(int8range(0, upper(s.seqs))) - s.seqs) AS gap
    WHERE NOT isempty(s.seqs)
"""


def upgrade() -> None:
    op.execute(GAPPED)
    op.create_index("ix_settled_gapped", "settled", ["device_id"], postgresql_where=sa.text("gapped"))
    op.create_table(
        "gap_seen",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "missing",
            postgresql.INT8MULTIRANGE(),
            nullable=False,
            comment="seen to be missing then and not before; what has come since is not taken out",
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_gap_seen_device_id")),
        sa.PrimaryKeyConstraint("device_id", "stream", "boot", "seen_at", name=op.f("pk_gap_seen")),
    )
    op.execute(GAPS)


def downgrade() -> None:
    op.execute(GAPS_BEFORE)
    op.drop_table("gap_seen")
    op.drop_index("ix_settled_gapped", "settled")
    op.drop_column("settled", "gapped")
