"""Analgesics that are no opioids take the number from a day no more: diaries are summed again."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

AGAIN = """
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
    SELECT DISTINCT patient_id, current_date, 'doses', 1, now(), now()
    FROM day_index WHERE index = 'OME_mg'
    ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(AGAIN)


def downgrade() -> None:
    """The sums of both versions stay; a diary that changes is summed by the version that runs."""
