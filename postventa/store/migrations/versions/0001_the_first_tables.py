"""The first tables."""

import sqlalchemy as sa
from alembic import op

from postventa.store.base import Amount, BigId, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("moved_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "customers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=320), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("einvoice_consent_at", Instant(), nullable=True),
        sa.Column("hard_bounced_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("shop", "identity", name=op.f("uq_customers_shop_identity")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("order_ref", sa.String(length=64), nullable=False),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "shop",
            "kind",
            "ref",
            "modified_at",
            "digest",
            name=op.f("uq_inbox_shop_kind_ref_modified_at_digest"),
        ),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_shop_order_ref", ["shop", "order_ref"], unique=False)
        batch_op.create_index(
            "ix_inbox_unread",
            ["shop", "id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("held_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "parked",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("order_ref", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("parked_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.create_index(
            "ix_parked_shop_order_ref_resolved_at", ["shop", "order_ref", "resolved_at"], unique=False
        )

    op.create_table(
        "quarantine",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("last_heard_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("source", "fingerprint", name=op.f("uq_quarantine_source_fingerprint")),
    )
    op.create_table(
        "orders",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("raw_status", sa.String(length=64), nullable=False),
        sa.Column("order_state", sa.String(length=32), nullable=False),
        sa.Column("payment_state", sa.String(length=32), nullable=False),
        sa.Column("fulfilment_state", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("is_all_shipped", sa.Boolean(), nullable=False),
        sa.Column("needs_shipping", sa.Boolean(), nullable=False),
        sa.Column("placed_at", Instant(), nullable=False),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("paid_at", Instant(), nullable=True),
        sa.Column("shipped_at", Instant(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", Amount(), nullable=False),
        sa.Column("tax_total", Amount(), nullable=False),
        sa.Column("discount", Amount(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("invoice_number", sa.String(length=64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.Column("reread_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("shop", "ref", name=op.f("uq_orders_shop_ref")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_orders_shop_number", ["shop", "number"], unique=False)
        batch_op.create_index("ix_orders_shop_stage_reread_at", ["shop", "stage", "reread_at"], unique=False)

    op.create_table(
        "order_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("parcel", sa.String(length=128), nullable=True),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.create_index("ix_order_events_order_id_id", ["order_id", "id"], unique=False)

    op.create_table(
        "order_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("product_ref", sa.String(length=64), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("quantity", Amount(), nullable=False),
        sa.Column("net_before", Amount(), nullable=False),
        sa.Column("tax_before", Amount(), nullable=False),
        sa.Column("net", Amount(), nullable=False),
        sa.Column("tax", Amount(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "ref", name=op.f("uq_order_lines_order_id_ref")),
    )
    op.create_table(
        "refunds",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("amount", Amount(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("refunded_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("order_id", "ref", name=op.f("uq_refunds_order_id_ref")),
    )
    op.create_table(
        "shipments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("tracking_number", sa.String(length=128), nullable=False),
        sa.Column("carrier_word", sa.String(length=128), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=True),
        sa.Column("tracking_url", sa.String(length=1000), nullable=False),
        sa.Column("shipped_at", Instant(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("raw_code", sa.String(length=128), nullable=False),
        sa.Column("raw_text", sa.String(length=500), nullable=False),
        sa.Column("mapped_by", sa.String(length=64), nullable=False),
        sa.Column("first_estimated_at", Instant(), nullable=True),
        sa.Column("estimated_at", Instant(), nullable=True),
        sa.Column("pickup_point", sa.String(length=300), nullable=False),
        sa.Column("last_news_at", Instant(), nullable=False),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint(
            "order_id", "tracking_number", name=op.f("uq_shipments_order_id_tracking_number")
        ),
    )
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.create_index("ix_shipments_carrier_look_at", ["carrier", "look_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("order_id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=True),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("occasion", sa.String(length=64), nullable=False),
        sa.Column("happened_at", Instant(), nullable=False),
        sa.Column("owed_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_outbox_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_outbox_shipment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_message_outcome_reason", ["message", "outcome", "reason"], unique=False
        )
        batch_op.create_index(
            "ix_outbox_open",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("outcome IN ('waiting', 'deferred')"),
            postgresql_where=sa.text("outcome IN ('waiting', 'deferred')"),
        )
        batch_op.create_index("ix_outbox_order_id", ["order_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_sender",
            ["sender"],
            unique=False,
            sqlite_where=sa.text("sender IS NOT NULL"),
            postgresql_where=sa.text("sender IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_stuck",
            ["id"],
            unique=False,
            sqlite_where=sa.text("(outcome IN ('failed', 'uncertain') OR reason = 'amount_mismatch')"),
            postgresql_where=sa.text("(outcome IN ('failed', 'uncertain') OR reason = 'amount_mismatch')"),
        )
        batch_op.create_index(
            "ix_outbox_without_proof",
            ["id"],
            unique=False,
            sqlite_where=sa.text("outcome = 'sent' AND (message_id IS NULL OR settled_at IS NULL)"),
            postgresql_where=sa.text("outcome = 'sent' AND (message_id IS NULL OR settled_at IS NULL)"),
        )

    op.create_table(
        "scans",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shipment_id", BigId, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("raw_code", sa.String(length=128), nullable=False),
        sa.Column("raw_text", sa.String(length=500), nullable=False),
        sa.Column("scanned_at", Instant(), nullable=False),
        sa.Column("zone_known", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipments.id"], name=op.f("fk_scans_shipment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint("shipment_id", "fingerprint", name=op.f("uq_scans_shipment_id_fingerprint")),
    )
    op.create_table(
        "outbox_attempts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("attempted_at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_attempts_outbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempts")),
    )
    with op.batch_alter_table("outbox_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_attempts_outbox_id", ["outbox_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("outbox_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_attempts_outbox_id")

    op.drop_table("outbox_attempts")
    op.drop_table("scans")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_without_proof",
            sqlite_where=sa.text("outcome = 'sent' AND (message_id IS NULL OR settled_at IS NULL)"),
            postgresql_where=sa.text("outcome = 'sent' AND (message_id IS NULL OR settled_at IS NULL)"),
        )
        batch_op.drop_index(
            "ix_outbox_stuck",
            sqlite_where=sa.text("(outcome IN ('failed', 'uncertain') OR reason = 'amount_mismatch')"),
            postgresql_where=sa.text("(outcome IN ('failed', 'uncertain') OR reason = 'amount_mismatch')"),
        )
        batch_op.drop_index(
            "ix_outbox_sender",
            sqlite_where=sa.text("sender IS NOT NULL"),
            postgresql_where=sa.text("sender IS NOT NULL"),
        )
        batch_op.drop_index("ix_outbox_order_id")
        batch_op.drop_index(
            "ix_outbox_open",
            sqlite_where=sa.text("outcome IN ('waiting', 'deferred')"),
            postgresql_where=sa.text("outcome IN ('waiting', 'deferred')"),
        )
        batch_op.drop_index("ix_outbox_message_outcome_reason")

    op.drop_table("outbox")
    with op.batch_alter_table("shipments", schema=None) as batch_op:
        batch_op.drop_index("ix_shipments_carrier_look_at")

    op.drop_table("shipments")
    op.drop_table("refunds")
    op.drop_table("order_lines")
    with op.batch_alter_table("order_events", schema=None) as batch_op:
        batch_op.drop_index("ix_order_events_order_id_id")

    op.drop_table("order_events")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_shop_stage_reread_at")
        batch_op.drop_index("ix_orders_shop_number")
        batch_op.drop_index(batch_op.f("ix_orders_customer_id"))

    op.drop_table("orders")
    op.drop_table("quarantine")
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.drop_index("ix_parked_shop_order_ref_resolved_at")

    op.drop_table("parked")
    op.drop_table("leases")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_unread",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.drop_index("ix_inbox_shop_order_ref")

    op.drop_table("inbox")
    op.drop_table("customers")
    op.drop_table("cursors")
