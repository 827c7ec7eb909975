"""A question may name several indices and another measure of pain; its figures are kept with the answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PAIN = "pain IN ('worst', 'average', 'least', 'now', 'breakthrough', 'rescue_doses', 'interference')"

# What was answered before: the link stands under `rmcorr`, its lags beside it.
TO_DOCUMENTS = """
    UPDATE association SET indices = ARRAY["index"], documents = CASE WHEN result IS NOT NULL THEN
        jsonb_build_array(jsonb_build_object(
            'index', "index", 'rmcorr', result - 'lags', 'lags', coalesce(result -> 'lags', '[]'::jsonb),
            'n_patients', n_patients, 'n_days', n_days, 'method', method)) END
"""
TO_RESULT = """
    UPDATE association SET "index" = indices[1],
        result = CASE WHEN documents #> '{0,rmcorr,r}' <> 'null'
                      THEN (documents -> 0 -> 'rmcorr') || jsonb_build_object('lags', documents -> 0 -> 'lags') END,
        reason = CASE WHEN computed_at IS NULL OR documents #> '{0,rmcorr,r}' <> 'null' THEN NULL ELSE coalesce(reason, 'too little data') END
"""


def upgrade() -> None:
    op.add_column("association", sa.Column("indices", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column(
        "association",
        sa.Column(
            "pain",
            sa.Text(),
            server_default="worst",
            nullable=False,
            comment="column of pain_report that the indices are held against",
        ),
    )
    op.add_column(
        "association",
        sa.Column(
            "documents",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="one of each index, in the order of `indices`",
        ),
    )
    op.add_column(
        "association",
        sa.Column(
            "claims", sa.Integer(), server_default="0", nullable=False, comment="how often a worker took it"
        ),
    )
    op.add_column(
        "association",
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a worker has it; a dead worker's lapses",
        ),
    )
    op.execute(TO_DOCUMENTS)
    op.alter_column("association", "indices", nullable=False)
    op.drop_constraint("ck_association_says_something", "association")
    op.drop_column("association", "index")
    op.drop_column("association", "result")
    op.alter_column("association", "reason", comment="why there is no number at all")
    op.create_check_constraint(
        op.f("ck_association_says_something"),
        "association",
        "computed_at IS NULL OR num_nonnulls(documents, reason) >= 1",
    )
    op.create_check_constraint(op.f("ck_association_pain"), "association", PAIN)
    op.create_check_constraint(
        op.f("ck_association_family"), "association", "cardinality(indices) BETWEEN 1 AND 20"
    )
    op.create_table(
        "association_figure",
        sa.Column("association_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="lags, or within: that shows single people"),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('lags', 'within')", name=op.f("ck_association_figure_kind")),
        sa.CheckConstraint("octet_length(svg) <= 500000", name=op.f("ck_association_figure_bounded")),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_association_figure_association_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("association_id", "index", "kind", name=op.f("pk_association_figure")),
    )


def downgrade() -> None:
    op.drop_table("association_figure")
    op.add_column("association", sa.Column("index", sa.Text(), nullable=True))
    op.add_column(
        "association",
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    for name in ("says_something", "pain", "family"):
        op.drop_constraint(f"ck_association_{name}", "association")
    op.execute(TO_RESULT)
    op.alter_column("association", "index", nullable=False)
    op.alter_column("association", "reason", comment="why there is no result")
    for name in ("indices", "pain", "documents", "claims", "claimed_until"):
        op.drop_column("association", name)
    op.create_check_constraint(
        op.f("ck_association_says_something"),
        "association",
        "computed_at IS NULL OR num_nonnulls(result, reason) >= 1",
    )
