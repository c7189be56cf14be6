"""Messages as texts, what became of coupons, what returned goods have lost, and reviews that nobody has reacted to yet."""

import sqlalchemy as sa
from alembic import op

from postventa.store.base import Amount, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXTS = "channel = 'sms'"
UNREACTED = "reacted_at IS NULL"


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
    # Orders under way have deadlines from now on: each is looked at once, and by its own news after that.
    op.execute(
        "UPDATE orders SET sale_look_at = heard_at WHERE sale_look_at IS NULL "
        "AND stage IN ('received', 'paid', 'in_preparation', 'ready_to_ship', 'shipped')"
    )


def downgrade() -> None:
    op.drop_index("ix_answers_order_id", "answers")
    op.drop_index("ix_reviews_unreacted", "reviews")
    op.drop_column("returns", "deducted_amount")
    op.drop_column("coupons", "redeemed_by")
    op.drop_column("coupons", "redeemed_at")
    op.drop_index("ix_outbox_texts", "outbox")
    op.drop_column("outbox", "channel")
