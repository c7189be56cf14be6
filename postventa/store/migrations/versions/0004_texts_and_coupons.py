"""Messages as texts, what became of coupons and returned goods, reviews without a reaction; what is learned and compared."""

import sqlalchemy as sa
from alembic import op

from postventa.store.base import Amount, BigId, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXTS = "channel = 'sms'"
UNREACTED = "reacted_at IS NULL"
OPEN_ALONE = "coalesce(order_id, case_id) IS NULL AND outcome IN ('waiting', 'deferred')"


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("channel", sa.String(length=16), server_default="email", nullable=False)
    )
    op.create_index(
        "ix_outbox_texts",
        "outbox",
        ["outcome", "settled_at"],
        sqlite_where=sa.text(TEXTS),
        postgresql_where=sa.text(TEXTS),
    )
    op.create_index(
        "ix_outbox_open_alone",
        "outbox",
        ["channel", "due_at", "id"],
        sqlite_where=sa.text(OPEN_ALONE),
        postgresql_where=sa.text(OPEN_ALONE),
    )
    op.add_column("coupons", sa.Column("redeemed_at", Instant(), nullable=True))
    op.add_column(
        "coupons", sa.Column("redeemed_by", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column("returns", sa.Column("deducted_amount", Amount(), server_default="0", nullable=False))
    op.create_index(
        "ix_reviews_unreacted",
        "reviews",
        ["id"],
        sqlite_where=sa.text(UNREACTED),
        postgresql_where=sa.text(UNREACTED),
    )
    op.create_index("ix_answers_order_id", "answers", ["order_id"])
    op.add_column(
        "scans", sa.Column("incident_reason", sa.String(length=48), server_default="", nullable=False)
    )
    op.add_column("shipments", sa.Column("guessed_at", Instant(), nullable=True))
    _what_is_learned_and_compared()
    # Orders under way have deadlines from now on: each is looked at once, and by its own news after that.
    op.execute(
        "UPDATE orders SET sale_look_at = heard_at WHERE sale_look_at IS NULL "
        "AND stage IN ('received', 'paid', 'in_preparation', 'ready_to_ship', 'shipped')"
    )


def _what_is_learned_and_compared() -> None:
    op.create_table(
        "transit_times",
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("p50_days", sa.Integer(), nullable=False),
        sa.Column("p90_days", sa.Integer(), nullable=False),
        sa.Column("learned_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "place", name=op.f("pk_transit_times")),
    )
    op.create_table(
        "polls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("walk", sa.String(length=16), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.Column("news", sa.Integer(), nullable=False),
        sa.Column("lag_p50_seconds", sa.Float(), nullable=False),
        sa.Column("lag_p95_seconds", sa.Float(), nullable=False),
        sa.Column("lag_max_seconds", sa.Float(), nullable=False),
        sa.Column("cursor_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_index("ix_polls_shop_ended_at", "polls", ["shop", "ended_at"])
    op.create_table(
        "reconciliations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("day_began_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("orders_in_shop", sa.Integer(), nullable=False),
        sa.Column("orders_in_ours", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("parcels_asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index("ix_reconciliations_shop_day_began_at", "reconciliations", ["shop", "day_began_at"])
    op.create_table(
        "reconciliation_findings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reconciliation_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("shipment_id", BigId, nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("late_seconds", sa.Float(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliations.id"],
            name=op.f("fk_reconciliation_findings_reconciliation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["shipments.id"],
            name=op.f("fk_reconciliation_findings_shipment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_findings")),
    )
    op.create_index(
        "ix_reconciliation_findings_reconciliation_id", "reconciliation_findings", ["reconciliation_id"]
    )


def downgrade() -> None:
    for table in ("reconciliation_findings", "reconciliations", "polls", "transit_times"):
        op.drop_table(table)
    op.drop_column("shipments", "guessed_at")
    op.drop_column("scans", "incident_reason")
    op.drop_index("ix_answers_order_id", "answers")
    op.drop_index("ix_reviews_unreacted", "reviews")
    op.drop_column("returns", "deducted_amount")
    op.drop_column("coupons", "redeemed_by")
    op.drop_column("coupons", "redeemed_at")
    op.drop_index("ix_outbox_open_alone", "outbox")
    op.drop_index("ix_outbox_texts", "outbox")
    op.drop_column("outbox", "channel")
