"""When an answer was written down, whom somebody asks each day, and what became of each day of the diary."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATE = """
    CREATE FUNCTION pain_state(
        skipped text, revision bigint, at timestamptz, received_at timestamptz, entered_at timestamptz
    ) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN skipped IS NOT NULL THEN 'skipped'
                    WHEN revision > 1 THEN 'corrected'
                    WHEN entered_at - at > interval '6 hours' THEN 'backfilled'
                    WHEN received_at - coalesce(entered_at, at) > interval '24 hours' THEN 'late'
                    ELSE 'answered' END
    $$
"""

# Both times move by the offset that the clock had at `at`: what lies between them is as the device said.
OF_PATIENT = """
    CREATE OR REPLACE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           t.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped, r.entered_at + t.shift AS entered_at
    FROM pain_report r
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT coalesce(c.offset_us, 0) * interval '1 microsecond') s(shift)
    CROSS JOIN LATERAL (SELECT r.at + s.shift AS at, s.shift) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
"""
PAIN = """
    CREATE OR REPLACE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id,
           least((v.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at, v.entered_at) AS state, v.revision,
           v.entered_at
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND v.at >= z.starts AND v.at < z.ends
"""

STATE_BEFORE = """
    CREATE FUNCTION pain_state(skipped text, revision bigint, at timestamptz, received_at timestamptz)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN skipped IS NOT NULL THEN 'skipped'
                    WHEN revision > 1 THEN 'corrected'
                    WHEN received_at - at > interval '24 hours' THEN 'late'
                    ELSE 'answered' END
    $$
"""
OF_PATIENT_BEFORE = """
    CREATE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           t.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped
    FROM pain_report r
    LEFT JOIN device_clock c ON c.device_id = r.device_id AND r.at >= c.starts AND r.at < c.ends
    CROSS JOIN LATERAL (SELECT r.at + coalesce(c.offset_us, 0) * interval '1 microsecond' AS at) t
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> t.at
"""
PAIN_BEFORE = """
    CREATE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id,
           least((v.at AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day) AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at) AS state, v.revision
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    LEFT JOIN patient_zone z ON z.patient_id = p.id AND v.at >= z.starts AND v.at < z.ends
"""


def local_day(t: str) -> str:
    """As in store/zones.py, beside `zone_at(t)`."""
    return f"least((({t}) AT TIME ZONE coalesce(z.tz, p.tz))::date, z.last_day)"


def zone_at(t: str) -> str:
    return f"LEFT JOIN patient_zone z ON z.patient_id = p.id AND {t} >= z.starts AND {t} < z.ends"


def _day_at(t: str) -> str:
    return f"(SELECT {local_day(t)} FROM (VALUES (0)) one {zone_at(t)})"


def _superseded(r: str) -> str:
    return f"""EXISTS (
        SELECT FROM pain_report b WHERE b.entry = {r}.entry AND (b.boot, b.seq) > ({r}.boot, {r}.seq)
           AND b.device_id IS NOT DISTINCT FROM {r}.device_id
           AND b.patient_id IS NOT DISTINCT FROM {r}.patient_id)"""


# As in store/diary_days.py, up to today.
DAYS = f"""
    CREATE VIEW reading.diary_days AS
    SELECT p.code AS patient, k.day,
           coalesce(e.state, CASE WHEN NOT k.asked THEN 'not_asked' WHEN k.day < n.today THEN 'missed'
                                  ELSE 'open' END) AS state,
           e.worst, e.average, e.least, e.now, e.interference, e.breakthrough, e.rescue_doses,
           coalesce(e.entries, 0) AS entries, k.asked
    FROM patient p
    CROSS JOIN LATERAL (SELECT {_day_at("now()")} AS today) n
    CROSS JOIN LATERAL (
        SELECT coalesce(range_agg(o.days), '{{}}') AS asked, least(min(lower(o.days)), min(o.first)) AS first
        FROM (
            SELECT daterange(first_day, last_day, '[]') AS days, NULL::date AS first
            FROM diary_asked WHERE patient_id = p.id
            UNION ALL
            SELECT CASE WHEN w.ends IS NULL OR w.begins < w.ends
                        THEN daterange({_day_at("w.begins")}, {_day_at("w.ends")}, '[)') END,
                   {_day_at("w.first")}
            FROM (
                SELECT greatest(lower(w.during), ever.first) AS begins,
                       least(upper(w.during), d.revoked_at) AS ends, own.first
                FROM wearing w JOIN device d ON d.id = w.device_id
                CROSS JOIN LATERAL (
                    SELECT min(r.at + c.shift) AS first FROM clock c CROSS JOIN LATERAL (
                        SELECT r.at FROM pain_report r
                        WHERE r.device_id = w.device_id AND r.at >= c.starts AND r.at < c.ends
                        ORDER BY r.at LIMIT 1
                    ) r WHERE c.device_id = w.device_id
                ) ever
                CROSS JOIN LATERAL (
                    SELECT min(r.at + c.shift) AS first FROM clock c CROSS JOIN LATERAL (
                        SELECT r.at FROM pain_report r
                        WHERE r.device_id = w.device_id
                          AND r.at >= greatest(c.starts, lower(w.during) - c.shift)
                          AND r.at < least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift)
                          AND NOT {_superseded("r")}
                        ORDER BY r.at LIMIT 1
                    ) r WHERE c.device_id = w.device_id
                ) own
                WHERE w.patient_id = p.id AND ever.first IS NOT NULL
            ) w
            UNION ALL
            SELECT NULL, {_day_at("r.at")} FROM (
                SELECT r.at FROM pain_report r WHERE r.patient_id = p.id AND NOT {_superseded("r")}
                ORDER BY r.at LIMIT 1
            ) r
        ) o
    ) a
    CROSS JOIN LATERAL (
        SELECT d::date AS day, a.asked @> d::date AS asked,
               d AT TIME ZONE 'UTC' - interval '14 hours' AS low,
               d AT TIME ZONE 'UTC' + interval '36 hours' AS high
        FROM generate_series(a.first::timestamp, n.today::timestamp, interval '1 day') d
        WHERE a.first IS NOT NULL
    ) k
    LEFT JOIN LATERAL (
        SELECT s.*, pain_state(s.skipped, (
                   SELECT count(*) FROM pain_report b
                   WHERE b.entry = s.entry AND (b.boot, b.seq) <= (s.boot, s.seq)
                     AND b.device_id IS NOT DISTINCT FROM s.device_id
                     AND b.patient_id IS NOT DISTINCT FROM s.patient_id
               ), s.true_at, s.received_at, s.true_entered_at) AS state
        FROM (
            SELECT own.*, count(*) OVER () AS entries
            FROM (
                SELECT r.at + w.shift AS true_at, r.entered_at + w.shift AS true_entered_at, r.*
                FROM (
                    SELECT w.device_id, c.shift,
                           greatest(c.starts, lower(w.during) - c.shift, k.low - c.shift) AS starts,
                           least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift,
                                 k.high - c.shift) AS ends
                    FROM wearing w JOIN clock c ON c.device_id = w.device_id
                    WHERE w.patient_id = p.id OFFSET 0
                ) w
                JOIN LATERAL (
                    SELECT * FROM pain_report WHERE device_id = w.device_id AND at >= w.starts AND at < w.ends
                    OFFSET 0
                ) r ON w.starts < w.ends
                UNION ALL
                SELECT r.at, r.entered_at, r.* FROM pain_report r
                WHERE r.patient_id = p.id AND r.at >= k.low AND r.at < k.high
            ) own {zone_at("own.true_at")}
            WHERE {local_day("own.true_at")} = k.day AND NOT {_superseded("own")}
            ORDER BY (own.skipped IS NULL) DESC, (own.worst IS NOT NULL) DESC, own.true_at DESC, own.id DESC
            LIMIT 1
        ) s
    ) e ON true
    WHERE NOT EXISTS (
        SELECT FROM patient_zone z JOIN patient_zone y ON y.patient_id = z.patient_id AND y.ends = z.starts
        WHERE z.patient_id = p.id AND k.day < {local_day("z.starts")}
          AND k.day > least(((z.starts - interval '1 microsecond') AT TIME ZONE y.tz)::date, y.last_day)
    )
"""


def upgrade() -> None:
    op.add_column(
        "pain_report",
        sa.Column(
            "entered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was written down, if not at `at`",
        ),
    )
    op.create_check_constraint(op.f("ck_pain_report_told_before_written"), "pain_report", "entered_at >= at")
    op.alter_column("pain_report", "at", comment="the time that it tells of")
    op.create_table(
        "diary_asked",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False, comment="the patient's local day"),
        sa.Column("last_day", sa.Date(), nullable=True, comment="included; none: until told"),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="when that was said"),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when `last_day` was said, if later",
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_diary_asked_first_before_last")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_diary_asked_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_asked")),
    )
    op.create_index("ix_diary_asked_patient", "diary_asked", ["patient_id"])
    # As for `wearing` in 0001: a range of one number stands for equality.
    op.execute(
        "ALTER TABLE diary_asked ADD CONSTRAINT ex_diary_asked_one_period_at_a_time EXCLUDE USING gist "
        "(int8range(patient_id, patient_id, '[]') WITH &&, daterange(first_day, last_day, '[]') WITH &&)"
    )
    for statement in (STATE, OF_PATIENT, PAIN, DAYS):
        op.execute(statement)
    op.execute("DROP FUNCTION pain_state(text, bigint, timestamptz, timestamptz)")


def downgrade() -> None:
    for statement in ("DROP VIEW reading.diary_days", "DROP VIEW reading.pain", "DROP VIEW pain_of_patient"):
        op.execute(statement)
    for statement in (STATE_BEFORE, OF_PATIENT_BEFORE, PAIN_BEFORE):
        op.execute(statement)
    op.execute("DROP FUNCTION pain_state(text, bigint, timestamptz, timestamptz, timestamptz)")
    op.drop_table("diary_asked")
    op.drop_constraint(op.f("ck_pain_report_told_before_written"), "pain_report")
    op.drop_column("pain_report", "entered_at")
    op.alter_column("pain_report", "at", comment="when the patient answered")
