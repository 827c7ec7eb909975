"""The first tables, the views that outsiders read, and hypertables where there can be any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store import timescale

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION pain_state(skipped text, revision bigint, at timestamptz, received_at timestamptz)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN skipped IS NOT NULL THEN 'skipped'
                    WHEN revision > 1 THEN 'corrected'
                    WHEN received_at - at > interval '24 hours' THEN 'late'
                    ELSE 'answered' END
    $$
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME; END
    $$
    """,
    """
    CREATE TRIGGER audit_entry_is_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER case_event_is_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON case_event
    EXECUTE FUNCTION refuse_change()
    """,
)

# What outsiders may rely on; the tables behind are ours to change.
VIEWS = (
    "CREATE SCHEMA reading",
    """
    CREATE VIEW reading.messages AS
    SELECT d.name AS device, 'raw'::text AS stream, b.boot, b.seq, 'stored'::text AS state,
           NULL::text AS reason, b.digest, b.t0, b.received_at
    FROM block b JOIN device d ON d.id = b.device_id
    UNION ALL
    SELECT d.name, n.stream, n.boot, n.seq, 'stored', NULL, n.digest, n.t0, n.received_at
    FROM named n JOIN device d ON d.id = n.device_id
    UNION ALL
    SELECT q.device, q.stream, q.boot, q.seq, 'quarantined', q.reason, q.digest, q.t0, q.received_at
    FROM quarantine q
    """,
    """
    CREATE VIEW reading.epochs AS
    SELECT p.code AS patient, d.name AS device, e.t, e.epoch_s, e.enmo_mg, e.mad_mg, e.anglez_deg,
           e.counts, e.steps, e.hr_bpm, e.worn, e.enmo_5s_mg, e.anglez_5s_deg
    FROM epoch e
    JOIN device d ON d.id = e.device_id
    LEFT JOIN wearing w ON w.device_id = e.device_id AND w.during @> e.t
    LEFT JOIN patient p ON p.id = w.patient_id
    """,
    """
    CREATE VIEW reading.days AS
    SELECT DISTINCT ON (p.code, i.day, i.index)
           p.code AS patient, i.day, i.index, i.value, i.unit, i.worn_min, i.method, i.computed_at
    FROM day_index i JOIN patient p ON p.id = i.patient_id
    ORDER BY p.code, i.day, i.index, i.computed_at DESC
    """,
    """
    CREATE VIEW pain_of_patient AS
    SELECT coalesce(r.patient_id, w.patient_id) AS patient_id, r.entry,
           row_number() OVER (PARTITION BY r.entry, r.device_id, r.patient_id ORDER BY r.boot, r.seq) AS revision,
           r.at, r.received_at, r.worst, r.average, r.least, r.now, r.interference, r.breakthrough,
           r.rescue_doses, r.skipped
    FROM pain_report r
    LEFT JOIN wearing w ON w.device_id = r.device_id AND w.during @> r.at
    """,
    """
    CREATE VIEW reading.pain AS
    SELECT p.code AS patient, v.entry AS id, (v.at AT TIME ZONE p.tz)::date AS day, v.at,
           v.worst, v.average, v.least, v.now, v.breakthrough, v.rescue_doses,
           pain_state(v.skipped, v.revision, v.at, v.received_at) AS state, v.revision
    FROM pain_of_patient v LEFT JOIN patient p ON p.id = v.patient_id
    """,
    """
    CREATE VIEW reading.cases AS
    SELECT c.id AS case_id, p.code AS patient, c.kind, c.severity, c.state, c.opened_at, c.acknowledged_at,
           c.acknowledged_by, c.resolved_at, c.outcome, c.reason
    FROM "case" c JOIN patient p ON p.id = c.patient_id
    """,
    """
    CREATE VIEW reading.deliveries AS
    SELECT case_id, step, channel, idempotency_key, state, attempts, decided_at, sent_at FROM delivery
    """,
    """
    CREATE VIEW reading.gaps AS
    SELECT d.name AS device, s.stream, s.boot, lower(gap) AS first_missing, upper(gap) - 1 AS last_missing,
           s.changed_at AS seen_at
    FROM settled s
    JOIN device d ON d.id = s.device_id
    CROSS JOIN LATERAL unnest(int8multirange(int8range(0, upper(s.seqs))) - s.seqs) AS gap
    WHERE NOT isempty(s.seqs)
    """,
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, comment="wrong passwords in a row"),
        sa.Column(
            "locked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="back-off after wrong passwords",
        ),
        sa.CheckConstraint(
            "role IN ('clinician', 'researcher', 'administrator')", name=op.f("ck_account_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "association",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column(
            "aggregate",
            sa.Boolean(),
            nullable=False,
            comment="asked by a researcher: shown as an aggregate only",
        ),
        sa.Column("patient_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("index", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False, comment="first local day of the window"),
        sa.Column("last", sa.Date(), nullable=False, comment="last local day of the window"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.Text(), nullable=True, comment="name and version"),
        sa.Column("n_patients", sa.Integer(), nullable=True, comment="with two or more complete days"),
        sa.Column("n_days", sa.Integer(), nullable=True, comment="complete days of those patients"),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="why there is no result"),
        sa.CheckConstraint("first <= last", name=op.f("ck_association_window")),
        sa.CheckConstraint(
            "(computed_at IS NULL) = (method IS NULL)", name=op.f("ck_association_computed_says_how")
        ),
        sa.CheckConstraint(
            "computed_at IS NULL OR num_nonnulls(result, reason) >= 1",
            name=op.f("ck_association_says_something"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association")),
    )
    op.create_index(
        "ix_association_patients", "association", ["patient_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_association_waiting",
        "association",
        ["id"],
        unique=False,
        postgresql_where=sa.text("computed_at IS NULL"),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="also its MQTT user name"),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="in the broker's own format"),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("name", name=op.f("uq_device_name")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="the identifier that the ward uses"),
        sa.Column("tz", sa.Text(), nullable=False, comment="IANA time zone, cuts the local days"),
        sa.Column("site", sa.Text(), nullable=False, comment="clinicians see the patients of their own site"),
        sa.Column(
            "pseudonym", sa.Uuid(), nullable=False, comment="random, never derived: what researchers see"
        ),
        sa.Column("demonstration", sa.Boolean(), nullable=False, comment="simulated: nobody's data"),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code <> '' AND length(code) <= 64", name=op.f("ck_patient_code_is_short")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("code", name=op.f("uq_patient_code")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_patient_pseudonym")),
        comment="a person who is monitored",
    )
    op.create_index(op.f("ix_patient_site"), "patient", ["site"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "device",
            sa.Text(),
            nullable=False,
            comment="as the topic says, enrolled or not; '' if it says nothing",
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="the bytes as they came"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the payload"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.Column("boot", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("t0", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="the first time"),
        sa.Column("times", sa.BigInteger(), nullable=False, comment="how often these bytes came"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("device", "digest", name=op.f("uq_quarantine_device_digest")),
    )
    op.create_index("ix_quarantine_name", "quarantine", ["device", "stream", "boot", "id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('clinician', 'researcher', 'administrator')", name=op.f("ck_token_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_token_name")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True, comment="identifiers only, nothing clinical"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_audit_entry_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_patient_id"), "audit_entry", ["patient_id"], unique=False)
    op.create_table(
        "block",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("t0", sa.DateTime(timezone=True), nullable=False, comment="first sample, device clock"),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "ends",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="t0 + n / hz: just after the last sample",
        ),
        sa.Column("hz", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="samples, three axes each"),
        sa.Column("scale", sa.Double(), nullable=False, comment="g for each least significant bit"),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("temp_c", sa.Double(), nullable=True),
        sa.Column("lux", sa.Double(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the payload"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_block_device_id")),
        sa.PrimaryKeyConstraint("device_id", "t0", "boot", "seq", name=op.f("pk_block")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False, comment="FHIR devicealert-priority"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="one sentence with the numbers, for clinicians only"
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_evidence_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'resolved') = (outcome IS NOT NULL)", name=op.f("ck_case_resolved_has_outcome")
        ),
        sa.CheckConstraint("kind IN ('clinical', 'technical')", name=op.f("ck_case_kind")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('acted', 'no_action', 'expected_level', 'false', 'technical', 'other')",
            name=op.f("ck_case_outcome"),
        ),
        sa.CheckConstraint("severity IN ('high', 'medium', 'low', 'info')", name=op.f("ck_case_severity")),
        sa.CheckConstraint(
            "state IN ('opened', 'notified', 'acknowledged', 'in_progress', 'resolved')",
            name=op.f("ck_case_state"),
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_case_named_person")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_case_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index(op.f("ix_case_patient_id"), "case", ["patient_id"], unique=False)
    op.create_index(
        "uq_case_one_open_a_patient",
        "case",
        ["patient_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "day_index",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("index", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False, comment="version of the definition"),
        sa.Column("value", sa.Double(), nullable=True, comment="an onset in local clock hours"),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why there is no value"),
        sa.Column("worn_min", sa.Double(), nullable=False),
        sa.Column(
            "input_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the epochs it was computed from",
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(value, reason) >= 1", name=op.f("ck_day_index_says_something")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_day_index_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "day", "index", "method", name=op.f("pk_day_index")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="fire, quiet, no evidence"),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False, comment="name and version"),
        sa.Column(
            "reported_at", sa.DateTime(timezone=True), nullable=True, comment="the report that it rests on"
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the last time the same was decided again",
        ),
        sa.Column("told", sa.Boolean(), nullable=False, comment="alerting has seen it"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_decision_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_patient", "decision", ["patient_id", "id"], unique=False)
    op.create_index(
        "ix_decision_untold", "decision", ["id"], unique=False, postgresql_where=sa.text("NOT told")
    )
    op.create_table(
        "device_status",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("battery_pct", sa.REAL(), nullable=True),
        sa.Column("firmware", sa.Text(), nullable=True),
        sa.Column("backlog", sa.BigInteger(), nullable=True),
        sa.Column("worn", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_status_device_id")),
        sa.PrimaryKeyConstraint("device_id", "boot", "seq", name=op.f("pk_device_status")),
    )
    op.create_table(
        "epoch",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("t", sa.DateTime(timezone=True), nullable=False, comment="start of the epoch"),
        sa.Column("source", sa.Text(), nullable=False, comment="device, or raw: made from its blocks"),
        sa.Column("epoch_s", sa.REAL(), nullable=False),
        sa.Column("enmo_mg", sa.REAL(), nullable=True),
        sa.Column("mad_mg", sa.REAL(), nullable=True),
        sa.Column("anglez_deg", sa.REAL(), nullable=True),
        sa.Column("counts", sa.Double(), nullable=True),
        sa.Column("steps", sa.REAL(), nullable=True),
        sa.Column("hr_bpm", sa.REAL(), nullable=True),
        sa.Column("lux", sa.REAL(), nullable=True),
        sa.Column("temp_c", sa.REAL(), nullable=True),
        sa.Column(
            "worn",
            sa.Boolean(),
            nullable=True,
            comment="as the device said; from raw, as the wear rule judged",
        ),
        sa.Column("enmo_5s_mg", postgresql.ARRAY(sa.REAL()), nullable=True),
        sa.Column("anglez_5s_deg", postgresql.ARRAY(sa.REAL()), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "t", "source", name=op.f("pk_epoch")),
    )
    op.create_table(
        "login_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the cookie"),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_session")),
    )
    op.create_table(
        "named",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="sha256 of the payload"),
        sa.Column("t0", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_named_device_id")),
        sa.PrimaryKeyConstraint("device_id", "stream", "boot", "seq", name=op.f("pk_named")),
    )
    op.create_table(
        "new_blocks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_new_blocks_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_new_blocks")),
    )
    op.create_table(
        "pain_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry", sa.Uuid(), nullable=False, comment="the same in a correction"),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("boot", sa.BigInteger(), nullable=False, comment="orders the revisions, with seq"),
        sa.Column(
            "seq",
            sa.BigInteger(),
            nullable=False,
            comment="of the message; a count of its own for ward entries",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when the patient answered"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="when it was stored"),
        sa.Column("worst", sa.SmallInteger(), nullable=True, comment="0 to 10, last 24 h"),
        sa.Column("average", sa.SmallInteger(), nullable=True),
        sa.Column("least", sa.SmallInteger(), nullable=True),
        sa.Column("now", sa.SmallInteger(), nullable=True),
        sa.Column("interference", sa.SmallInteger(), nullable=True),
        sa.Column("breakthrough", sa.SmallInteger(), nullable=True, comment="episodes in the last 24 h"),
        sa.Column("rescue_doses", sa.SmallInteger(), nullable=True),
        sa.Column("skipped", sa.Text(), nullable=True, comment="why the patient did not answer"),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="sites, doses, note"
        ),
        sa.CheckConstraint(
            '("worst" IS NULL OR "worst" BETWEEN 0 AND 10) AND ("average" IS NULL OR "average" BETWEEN 0 AND 10) AND ("least" IS NULL OR "least" BETWEEN 0 AND 10) AND ("now" IS NULL OR "now" BETWEEN 0 AND 10) AND ("interference" IS NULL OR "interference" BETWEEN 0 AND 10)',
            name=op.f("ck_pain_report_scores_on_nrs"),
        ),
        sa.CheckConstraint("num_nonnulls(device_id, patient_id) = 1", name=op.f("ck_pain_report_one_origin")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pain_report_device_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_pain_report_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pain_report")),
        sa.UniqueConstraint("device_id", "boot", "seq", name=op.f("uq_pain_report_device_id_boot_seq")),
    )
    op.create_index("ix_pain_report_device", "pain_report", ["device_id", "at"], unique=False)
    op.create_index("ix_pain_report_entry", "pain_report", ["entry"], unique=False)
    op.create_index("ix_pain_report_patient", "pain_report", ["patient_id", "at"], unique=False)
    op.create_table(
        "settled",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("boot", sa.BigInteger(), nullable=False),
        sa.Column("seqs", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="the last message that settled something",
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_settled_device_id")),
        sa.PrimaryKeyConstraint("device_id", "stream", "boot", name=op.f("pk_settled")),
    )
    op.create_table(
        "stale_day",
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the patient's local day"),
        sa.Column("kind", sa.Text(), nullable=False, comment="movement or diary"),
        sa.Column("marks", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="the first mark"),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False, comment="the last mark"),
        sa.Column(
            "at_once",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a person moved the data: even the running day does not wait",
        ),
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a worker has it; a dead worker's lapses",
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_stale_day_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "day", "kind", name=op.f("pk_stale_day")),
    )
    op.create_table(
        "treatment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="chemo, radiotherapy, nerve_block, opioid_up, ..."
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_treatment_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatment")),
    )
    op.create_index(op.f("ix_treatment_patient_id"), "treatment", ["patient_id"], unique=False)
    op.create_table(
        "wearing",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during)", name=op.f("ck_wearing_during_starts")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_wearing_device_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_wearing_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wearing")),
    )
    op.create_index("ix_wearing_device", "wearing", ["device_id"], unique=False)
    op.create_index("ix_wearing_patient", "wearing", ["patient_id"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="opened, evidence, notified, acknowledged, resolved, comment",
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id"), "case_event", ["case_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, comment="of the ladder"),
        sa.Column("channel", sa.Text(), nullable=False, comment="log, smtp, webhook"),
        sa.Column("idempotency_key", sa.Uuid(), nullable=False, comment="a receiver sees one incident"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True, comment="of the channel; nothing clinical"),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'failed', 'suppressed', 'cancelled')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_delivery_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_delivery_idempotency_key")),
    )
    op.create_index(op.f("ix_delivery_case_id"), "delivery", ["case_id"], unique=False)
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("part", sa.Text(), nullable=False, comment="ingest, analytics, alerting"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("healthy", sa.Boolean(), nullable=False, comment="false: alive, but what it needs is away"),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="since the part started",
        ),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_heartbeat")),
    )
    # A device belongs to one patient at a time. The range of one number stands for equality: so the
    # constraint needs no extension (btree_gist).
    op.execute(
        "ALTER TABLE wearing ADD CONSTRAINT ex_wearing_one_patient_at_a_time "
        "EXCLUDE USING gist (int8range(device_id, device_id, '[]') WITH &&, during WITH &&)"
    )
    # A block is compressed already: trying again (pglz) cost 307 us instead of 68.
    op.execute("ALTER TABLE block ALTER COLUMN data SET STORAGE EXTERNAL")
    for statement in (*FUNCTIONS, *VIEWS):
        op.execute(statement)
    timescale.create_where_available(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("there is nothing before the first revision: drop the database instead")
