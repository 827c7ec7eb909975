"""What the lexicon finds in patients' notes, and which notes have to be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Ingest, the ward and whoever else stores a report: none of them has to know that notes are read.
WAITS = """
    CREATE FUNCTION note_waits() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO note_reading (report_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$
"""
TRIGGER = """
    CREATE TRIGGER note_waits AFTER INSERT ON pain_report FOR EACH ROW
    WHEN (btrim(coalesce(NEW.detail ->> 'note', '')) <> '') EXECUTE FUNCTION note_waits()
"""
FORMER = """
    INSERT INTO note_reading (report_id)
    SELECT id FROM pain_report WHERE btrim(coalesce(detail ->> 'note', '')) <> ''
"""

# As reading.pain: the newest revision of an entry, at its true time, on the patient's local day. No text.
FINDINGS = """
    CREATE VIEW reading.note_findings AS
    SELECT p.code AS patient, least((t.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day,
           r.entry, f.kind, f.value, f.laterality, f.negated, f.uncertain, f.other_person, f.lexicon
    FROM note_finding f
    JOIN pain_report r ON r.id = f.report_id
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT r.at + coalesce(c.offset_us, 0) * interval '1 microsecond' AS at) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
    LEFT JOIN patient p ON p.id = coalesce(r.patient_id, w.patient_id)
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND t.at >= z.starts AND t.at < z.ends
    WHERE NOT EXISTS (
        SELECT FROM pain_report b
        WHERE b.entry = r.entry AND (b.boot, b.seq) > (r.boot, r.seq)
          AND b.device_id IS NOT DISTINCT FROM r.device_id AND b.patient_id IS NOT DISTINCT FROM r.patient_id
    )
"""


def upgrade() -> None:
    op.create_table(
        "note_reading",
        sa.Column("report_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lexicon", sa.Text(), nullable=True, comment="version; null: not read yet"),
        sa.Column("language", sa.Text(), nullable=True, comment="en, it, or unknown: read with all words"),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "failed", sa.Text(), nullable=True, comment="the kind of the error, when it could not be read"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["pain_report.id"], name=op.f("fk_note_reading_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_note_reading")),
    )
    op.create_index("ix_note_reading_lexicon", "note_reading", ["lexicon", "report_id"])
    op.create_table(
        "note_finding",
        sa.Column("report_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.SmallInteger(), autoincrement=False, nullable=False, comment="order in the note"),
        sa.Column("lexicon", sa.Text(), nullable=False, comment="version"),
        sa.Column("kind", sa.Text(), nullable=False, comment="quality, site, severity, pattern, score"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("laterality", sa.Text(), nullable=True, comment="of a site: left, right, both"),
        sa.Column("start", sa.BigInteger(), nullable=False, comment="first code point in the note"),
        sa.Column("end", sa.BigInteger(), nullable=False, comment="behind the last one"),
        sa.Column("negated", sa.Boolean(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("other_person", sa.Boolean(), nullable=False, comment="somebody else's"),
        sa.Column("rule", sa.Text(), nullable=False, comment="line of the lexicon"),
        sa.CheckConstraint(
            "kind IN ('quality', 'site', 'severity', 'pattern', 'score')", name=op.f("ck_note_finding_kind")
        ),
        sa.CheckConstraint(
            "laterality IS NULL OR laterality IN ('left', 'right', 'both')",
            name=op.f("ck_note_finding_laterality"),
        ),
        sa.CheckConstraint('0 <= "start" AND "start" < "end"', name=op.f("ck_note_finding_somewhere")),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["note_reading.report_id"],
            name=op.f("fk_note_finding_report_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "n", name=op.f("pk_note_finding")),
    )
    for statement in (WAITS, TRIGGER, FORMER, FINDINGS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW reading.note_findings")
    op.execute("DROP TRIGGER note_waits ON pain_report")
    op.execute("DROP FUNCTION note_waits")
    op.drop_table("note_finding")
    op.drop_index("ix_note_reading_lexicon", "note_reading")
    op.drop_table("note_reading")
