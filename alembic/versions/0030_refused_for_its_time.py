"""What was refused for its time is found by device: a clock in trouble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OF_A_CLOCK = (
    "reason IN ('its time is more than one day in the future', '`t0` is before 2000-01-01', "
    "'`at` is before 2000-01-01', '`t0` is outside the calendar')"
)


def upgrade() -> None:
    op.create_index(
        "ix_quarantine_of_a_clock",
        "quarantine",
        ["device", "received_at"],
        postgresql_where=sa.text(OF_A_CLOCK),
    )


def downgrade() -> None:
    op.drop_index("ix_quarantine_of_a_clock", "quarantine")
