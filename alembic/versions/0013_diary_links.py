"""Personal links with which patients open their own diary page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diary_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the token"),
        sa.Column("language", sa.Text(), nullable=False, comment="in which the page greets: en, it, ..."),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("created_at < expires_at", name=op.f("ck_diary_link_lasts")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_diary_link_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_diary_link_digest")),
    )
    op.create_index("ix_diary_link_patient_id", "diary_link", ["patient_id"])


def downgrade() -> None:
    op.drop_table("diary_link")
