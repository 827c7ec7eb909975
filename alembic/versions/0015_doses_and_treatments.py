"""Treatments have a structure and can be withdrawn; oral morphine equivalents stand among the days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CHECKS = {
    "counts_from_one": "fractions > 0 AND dose_gy > 0 AND cycle > 0",
    "ends_after_it_began": "until >= at",
    "withdrawn_by_somebody": "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
}
DETAIL = "what was said in free text instead of the columns"
KINDS, KINDS_BEFORE = "movement, diary, asked or doses", "movement, diary or asked"

TREATMENTS = """
    CREATE VIEW reading.treatments AS
    SELECT p.code AS patient, t.kind, t.at, t.technique, t.fractions, t.dose_gy, t.site, t.until,
           coalesce(t.detail, t.note) AS detail, t.drug, t.cycle
    FROM treatment t JOIN patient p ON p.id = t.patient_id
    WHERE t.withdrawn_at IS NULL
"""

OF_DIARY = "('OME_mg', 'OME_rescue_mg')"

# A day with doses and without a device has data, too: the second half. What the diary gives was stored by
# nobody who knows how long a device was worn; beside it stands what is said of that now.
DAYS = f"""
    CREATE OR REPLACE VIEW reading.days AS
    (SELECT DISTINCT ON (p.code, i.day, i.index)
           p.code AS patient, i.day, i.index, i.value, i.unit,
           CASE WHEN i.index IN {OF_DIARY} THEN (
               SELECT w.worn_min FROM day_index w
               WHERE w.patient_id = i.patient_id AND w.day = i.day AND w.index = 'worn_min'
               ORDER BY w.computed_at DESC LIMIT 1
           ) ELSE i.worn_min END AS worn_min,
           i.method, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id
    WHERE EXISTS (SELECT FROM day_index w
                  WHERE w.patient_id = i.patient_id AND w.day = i.day AND w.index = 'worn_min')
    ORDER BY p.code, i.day, i.index, i.computed_at DESC)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (p.code, i.day, i.index)
               p.code AS patient, i.day, i.index, i.value, i.unit, 0.0 ::float8, i.method, i.computed_at
        FROM day_index i JOIN patient p ON p.id = i.patient_id
        WHERE i.index IN {OF_DIARY}
          AND NOT EXISTS (SELECT FROM day_index w
                          WHERE w.patient_id = i.patient_id AND w.day = i.day AND w.index = 'worn_min')
        ORDER BY p.code, i.day, i.index, i.computed_at DESC
    ) alone
    WHERE value IS NOT NULL
"""

DAYS_BEFORE = """
    CREATE OR REPLACE VIEW reading.days AS
    SELECT DISTINCT ON (p.code, i.day, i.index)
           p.code AS patient, i.day, i.index, i.value, i.unit, i.worn_min, i.method, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id
    WHERE EXISTS (SELECT FROM day_index w
                  WHERE w.patient_id = i.patient_id AND w.day = i.day AND w.index = 'worn_min')
    ORDER BY p.code, i.day, i.index, i.computed_at DESC
"""

# The doses that diaries have listed so far are summed once analytics runs.
EVERYBODY = """
    INSERT INTO stale_day (patient_id, day, kind, marks, since, marked_at)
    SELECT DISTINCT patient_id, current_date, 'doses', 1, now(), now()
    FROM pain_of_patient WHERE patient_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""


def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("technique", sa.Text(), comment="SBRT, single fraction, celiac plexus, SCS, ..."),
        sa.Column("fractions", sa.Integer()),
        sa.Column("dose_gy", sa.Double(), comment="of all fractions"),
        sa.Column("site", sa.Text(), comment="where on the body"),
        sa.Column("drug", sa.Text()),
        sa.Column("cycle", sa.Integer()),
        sa.Column("until", sa.DateTime(timezone=True), comment="the end of a course"),
        sa.Column("note", sa.Text()),
        sa.Column("withdrawn_by", sa.Text(), comment="entered wrongly: not shown or used any more"),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("treatment", column)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_treatment_{name}"), "treatment", condition)
    op.alter_column("treatment", "detail", comment=DETAIL)
    op.alter_column("stale_day", "kind", comment=KINDS)
    op.execute(TREATMENTS)
    op.execute(DAYS)
    op.execute(EVERYBODY)


# What was entered wrongly must not stand again, and what was said in columns is said in words.
GONE = "DELETE FROM treatment WHERE withdrawn_at IS NOT NULL"
IN_WORDS = """
    UPDATE treatment SET detail = nullif(concat_ws(', ', technique, fractions || ' fractions', dose_gy || ' Gy',
        site, drug, 'cycle ' || cycle, 'until ' || until, note), '')
    WHERE detail IS NULL
"""


def downgrade() -> None:
    op.execute(GONE)
    op.execute(IN_WORDS)
    op.execute("DELETE FROM stale_day WHERE kind = 'doses'")
    op.execute(f"DELETE FROM day_index WHERE index IN {OF_DIARY}")
    op.execute(DAYS_BEFORE)
    op.execute("DROP VIEW reading.treatments")
    op.alter_column("stale_day", "kind", comment=KINDS_BEFORE)
    op.alter_column("treatment", "detail", comment=None)
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_treatment_{name}"), "treatment")
    for column in columns():
        op.drop_column("treatment", column.name)
