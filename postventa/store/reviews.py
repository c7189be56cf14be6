"""Reviews: what customers wrote about products where everybody can read it, and the coupons that thank for it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from postventa.store.base import Base, BigId


class ReviewRow(Base):
    """A product review as its shop or platform shows it; a second one by the same person about the same is another row."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("shop", "source", "ref"),
        Index("ix_reviews_shop_product_ref_written_at", "shop", "product_ref", "written_at"),
        Index("ix_reviews_order_id", "order_id"),
        Index("ix_reviews_customer_id", "customer_id"),
        Index(
            "ix_reviews_unreacted",
            "id",
            sqlite_where=text("reacted_at IS NULL"),
            postgresql_where=text("reacted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(32))
    """`shop` for its own pages, else the platform's name."""
    ref: Mapped[str] = mapped_column(String(64))
    product_ref: Mapped[str] = mapped_column(String(64))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    rating: Mapped[int]
    """1 to 5."""
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    is_verified: Mapped[bool]
    """Its writer bought the product, by the source's own word or by our order."""
    is_incentivised: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    """The source's word: `approved`, `hold`, `spam`, `trash`."""
    written_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    repeats: Mapped[bool]
    """The same person had reviewed the same product before."""
    testimonial: Mapped[str] = mapped_column(String(16))
    """Empty, `offered`, `approved`, `declined`."""
    reacted_at: Mapped[datetime | None]


class CouponRow(Base):
    """A coupon given once: reserved here before the shop is asked, so that a killed process makes no second one."""

    __tablename__ = "coupons"
    __table_args__ = (UniqueConstraint("subject", "purpose"), UniqueConstraint("shop", "code"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    subject: Mapped[str] = mapped_column(String(64))
    """`order:12`: one coupon for each, whatever happens."""
    purpose: Mapped[str] = mapped_column(String(32))
    shop: Mapped[str] = mapped_column(String(64))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="SET NULL"))
    code: Mapped[str] = mapped_column(String(64))
    shop_ref: Mapped[str] = mapped_column(String(64))
    """The shop's own id of it; empty until it is known to exist there."""
    percent: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(16))
    """`reserved`, `created`, `sent`, `redeemed`, `expired`, `refused`."""
    reserved_at: Mapped[datetime]
    created_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None] = mapped_column(init=False)
    redeemed_by: Mapped[str] = mapped_column(String(64), server_default="", init=False)
    """The order that used it, as the shop names it."""


class TrendRow(Base):
    """A change in what customers say of a product, a carrier or a region, told once with its evidence."""

    __tablename__ = "trends"
    __table_args__ = (UniqueConstraint("shop", "subject", "metric", "since"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, init=False)
    shop: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    """`product:123`, `carrier:dhl`, `region:ES-CT`."""
    metric: Mapped[str] = mapped_column(String(32))
    since: Mapped[str] = mapped_column(String(10))
    """The local day on which the change began."""
    found_at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(Text)
    """In words: n and level before and after, and the bound that was passed."""
    ended_at: Mapped[datetime | None]
