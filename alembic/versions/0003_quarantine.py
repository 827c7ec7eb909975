"""Quarantine: what an operator decides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("content_type", sa.Text(), comment="as the sender said; null: the first byte tells"),
        sa.Column(
            "tries",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="how often it was tried again by decision of an operator",
        ),
        sa.Column(
            "retry_at", sa.DateTime(timezone=True), comment="an operator said: try again; ingest does it"
        ),
        sa.Column("retry_by", sa.Text(), comment="who said so"),
        sa.Column(
            "retry_t0", sa.DateTime(timezone=True), comment="the corrected time, if it is to be re-dated"
        ),
        sa.Column("retry_claimed_until", sa.DateTime(timezone=True), comment="a worker of ingest is at it"),
    ]


def upgrade() -> None:
    """Columns without a value in the rows that are there, so nothing is rewritten."""
    for column in _columns():
        op.add_column("quarantine", column)
    op.create_check_constraint(
        op.f("ck_quarantine_retry_says_who"), "quarantine", "(retry_at IS NULL) = (retry_by IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_quarantine_retry_is_whole"),
        "quarantine",
        "retry_at IS NOT NULL OR num_nonnulls(retry_t0, retry_claimed_until) = 0",
    )
    op.create_index(
        "ix_quarantine_retry", "quarantine", ["id"], postgresql_where=sa.text("retry_at IS NOT NULL")
    )
    op.create_table(
        "quarantine_decided",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="its id in quarantine"),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the payload"),
        sa.Column("stream", sa.Text()),
        sa.Column("boot", sa.BigInteger()),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("t0", sa.DateTime(timezone=True), comment="the corrected time, if it was re-dated"),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="why it was dropped; else why it had been refused"
        ),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('stored', 'known', 'dropped')", name=op.f("ck_quarantine_decided_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_decided")),
    )
    op.create_index("ix_quarantine_decided_digest", "quarantine_decided", ["device", "digest"])


def downgrade() -> None:
    op.drop_table("quarantine_decided")
    op.drop_index("ix_quarantine_retry", "quarantine")
    op.drop_constraint(op.f("ck_quarantine_retry_is_whole"), "quarantine")
    op.drop_constraint(op.f("ck_quarantine_retry_says_who"), "quarantine")
    for column in _columns():
        op.drop_column("quarantine", column.name)
