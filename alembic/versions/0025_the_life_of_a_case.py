"""Timers of cases, to whom messages go, and silences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# Who was told before the upgrade has as long as anybody else, counted from the upgrade.
FIRST_TIMERS = """
    UPDATE "case" c SET
        paged = true,
        step = d.step,
        rung = 1,
        held_until = CASE WHEN c.state IN ('acknowledged', 'in_progress') THEN now() + w.hold END,
        next_at = CASE WHEN c.state <> 'resolved'
                       THEN now() + CASE WHEN c.state IN ('acknowledged', 'in_progress') THEN w.hold ELSE w.wait END
                  END
    FROM (SELECT case_id, max(step) AS step FROM delivery GROUP BY case_id) d,
         (VALUES ('high', interval '60 minutes', interval '4 hours'),
                 ('medium', interval '24 hours', interval '24 hours'),
                 ('low', interval '72 hours', interval '72 hours'),
                 ('info', interval '72 hours', interval '72 hours')) AS w (severity, wait, hold)
    WHERE d.case_id = c.id AND w.severity = c.severity AND c.kind = 'clinical'
"""


def upgrade() -> None:
    for name, kind, default, said in (
        ("paged", sa.Boolean(), "false", "somebody is to be told; else it is there to be looked at"),
        ("rung", sa.Integer(), "0", "the last one taken since the ladder began"),
        ("repeats", sa.Integer(), "0", "of the last rung"),
        ("step", sa.Integer(), "0", "how often somebody was to be told, ever"),
        ("unheard", sa.Boolean(), "false", "the whole ladder was taken and nobody has answered"),
    ):
        op.add_column("case", sa.Column(name, kind, nullable=False, server_default=default, comment=said))
        op.alter_column("case", name, server_default=None)
    for name, said in (
        ("next_at", "when the ladder moves, or an answer or a snooze ends"),
        ("held_until", "so long the acknowledgement holds"),
        ("snoozed_until", None),
    ):
        op.add_column("case", sa.Column(name, sa.DateTime(timezone=True), nullable=True, comment=said))
    op.add_column(
        "case",
        sa.Column("snoozed_severity", sa.Text(), nullable=True, comment="up to which the snooze was agreed"),
    )
    op.add_column("case", sa.Column("assigned_to", sa.Text(), nullable=True))
    op.create_index("ix_case_next_at", "case", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_check_constraint(
        op.f("ck_case_nothing_after_the_end"), "case", "state <> 'resolved' OR next_at IS NULL"
    )
    for name, kind, default, said in (
        ("recipient", sa.Text(), "''", "a person of the ward's plan; empty: the installation's channel"),
        ("rank", sa.Integer(), "1", "of the channel among the recipient's"),
    ):
        op.add_column("delivery", sa.Column(name, kind, nullable=False, server_default=default, comment=said))
        op.alter_column("delivery", name, server_default=None)
    op.add_column("delivery", sa.Column("reason", sa.Text(), nullable=True, comment="why it was suppressed"))
    op.add_column(
        "decision",
        sa.Column("untold", sa.Text(), nullable=True, comment="why nobody was told, of one that fires"),
    )
    op.create_table(
        "alert_silence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True, comment="a snooze"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "second", sa.Text(), nullable=True, comment="who else agrees: urgent pages are covered, too"
        ),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="before its time"),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(site, patient_id, case_id) = 1", name=op.f("ck_alert_silence_of_one")
        ),
        sa.CheckConstraint(
            "ends > begins AND ends <= begins + interval '30 days'",
            name=op.f("ck_alert_silence_not_too_long"),
        ),
        sa.CheckConstraint("second <> author", name=op.f("ck_alert_silence_two_persons")),
        sa.CheckConstraint(
            "(second IS NULL) = (second_at IS NULL)", name=op.f("ck_alert_silence_second_has_a_time")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_alert_silence_named_end")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_alert_silence_patient_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_alert_silence_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silence")),
    )
    for column in ("site", "patient_id", "case_id"):
        op.create_index(
            f"ix_alert_silence_{column}",
            "alert_silence",
            [column, "ends"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.execute(FIRST_TIMERS)


def downgrade() -> None:
    op.drop_table("alert_silence")
    op.drop_column("decision", "untold")
    for name in ("reason", "rank", "recipient"):
        op.drop_column("delivery", name)
    op.drop_constraint(op.f("ck_case_nothing_after_the_end"), "case")
    op.drop_index("ix_case_next_at", "case")
    for name in (
        "assigned_to",
        "snoozed_severity",
        "snoozed_until",
        "held_until",
        "next_at",
        "unheard",
        "step",
        "repeats",
        "rung",
        "paged",
    ):
        op.drop_column("case", name)
