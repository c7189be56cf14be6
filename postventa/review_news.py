"""A product review as a shop shows it, a coupon as a shop makes it, and the shops that can do so."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ReviewNews:
    """What one review says; its text may be anything that somebody typed."""

    ref: str
    product_ref: str
    email: str = field(repr=False)
    rating: int
    text: str = field(repr=False)
    status: str
    is_verified: bool
    """By the shop's own word."""
    written_at: datetime


@runtime_checkable
class HearsReviews(Protocol):
    """A shop whose reviews can be read."""

    def product_reviews(self, since: datetime) -> Iterator[list[ReviewNews]]:
        """Pages of reviews written after `since`, oldest first."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon to be made in a shop: for one purchase of one person."""

    code: str
    percent: int
    email: str = field(repr=False)
    expires_at: datetime


@runtime_checkable
class MakesCoupons(Protocol):
    """A shop that makes coupons."""

    def coupon(self, wanted: Coupon) -> str:
        """The shop's id of this coupon, made now if the shop does not have its code yet."""
