"""Voices and consents."""

import sqlalchemy as sa
from alembic import op

from postventa.store.base import Amount, BigId, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppressions",
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("message_class", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "contact", "message_class", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "trends",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("metric", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trends")),
        sa.UniqueConstraint(
            "shop", "subject", "metric", "since", name=op.f("uq_trends_shop_subject_metric_since")
        ),
    )
    op.create_table(
        "consents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("message_class", sa.String(length=16), nullable=False),
        sa.Column("said", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("source_ref", sa.String(length=128), nullable=False),
        sa.Column("wording", sa.String(length=64), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("shop", "reference", name=op.f("uq_consents_shop_reference")),
        sa.UniqueConstraint(
            "shop",
            "source",
            "source_ref",
            "message_class",
            name=op.f("uq_consents_shop_source_source_ref_message_class"),
        ),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_shop_contact", ["shop", "contact"], unique=False)

    op.create_table(
        "coupons",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("shop_ref", sa.String(length=64), nullable=False),
        sa.Column("percent", Amount(), nullable=True),
        sa.Column("amount", Amount(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_coupons_order_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("shop", "code", name=op.f("uq_coupons_shop_code")),
        sa.UniqueConstraint("subject", "purpose", name=op.f("uq_coupons_subject_purpose")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("product_ref", sa.String(length=64), nullable=False),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("customer_id", BigId, nullable=True),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("is_incentivised", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("testimonial", sa.String(length=16), nullable=False),
        sa.Column("reacted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_reviews_customer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_reviews_order_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("shop", "source", "ref", name=op.f("uq_reviews_shop_source_ref")),
    )
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.create_index("ix_reviews_customer_id", ["customer_id"], unique=False)
        batch_op.create_index("ix_reviews_order_id", ["order_id"], unique=False)
        batch_op.create_index(
            "ix_reviews_shop_product_ref_written_at", ["shop", "product_ref", "written_at"], unique=False
        )

    op.create_table(
        "asks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("case_id", BigId, nullable=True),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("since_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("first_answer_at", Instant(), nullable=True),
        sa.Column("line_refs", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_asks_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_asks_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asks")),
        sa.UniqueConstraint("subject", "survey", name=op.f("uq_asks_subject_survey")),
    )
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.create_index("ix_asks_contact_asked_at", ["contact", "asked_at"], unique=False)
        batch_op.create_index("ix_asks_since_at", ["since_at"], unique=False)
        batch_op.create_index(
            "ix_asks_next_at",
            ["next_at", "id"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.create_table(
        "answers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("ask_id", BigId, nullable=True),
        sa.Column("order_id", BigId, nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("source_ref", sa.String(length=128), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("answered_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("reacted_at", Instant(), nullable=True),
        sa.Column("testimonial", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["ask_id"], ["asks.id"], name=op.f("fk_answers_ask_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_answers_order_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint(
            "source", "source_ref", "question", name=op.f("uq_answers_source_source_ref_question")
        ),
    )
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.create_index("ix_answers_ask_id", ["ask_id"], unique=False)
        batch_op.create_index("ix_answers_shop_answered_at", ["shop", "answered_at"], unique=False)
        batch_op.create_index(
            "ix_answers_unreacted",
            ["changed_at"],
            unique=False,
            sqlite_where=sa.text("reacted_at IS NULL"),
            postgresql_where=sa.text("reacted_at IS NULL"),
        )

    op.create_table(
        "bounces",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=64), nullable=False),
        sa.Column("outbox_id", BigId, nullable=True),
        sa.Column("source_ref", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("bounced_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_bounces_outbox_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("source_ref", name=op.f("uq_bounces_source_ref")),
    )
    with op.batch_alter_table("bounces", schema=None) as batch_op:
        batch_op.create_index("ix_bounces_contact", ["shop", "contact"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("bounces", schema=None) as batch_op:
        batch_op.drop_index("ix_bounces_contact")

    op.drop_table("bounces")
    with op.batch_alter_table("answers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_answers_unreacted",
            sqlite_where=sa.text("reacted_at IS NULL"),
            postgresql_where=sa.text("reacted_at IS NULL"),
        )
        batch_op.drop_index("ix_answers_shop_answered_at")
        batch_op.drop_index("ix_answers_ask_id")

    op.drop_table("answers")
    with op.batch_alter_table("asks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_asks_next_at",
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_asks_since_at")
        batch_op.drop_index("ix_asks_contact_asked_at")

    op.drop_table("asks")
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.drop_index("ix_reviews_shop_product_ref_written_at")
        batch_op.drop_index("ix_reviews_order_id")
        batch_op.drop_index("ix_reviews_customer_id")

    op.drop_table("reviews")
    op.drop_table("coupons")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index("ix_consents_shop_contact")

    op.drop_table("consents")
    op.drop_table("trends")
    op.drop_table("suppressions")
