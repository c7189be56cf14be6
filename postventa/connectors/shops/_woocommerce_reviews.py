"""Product reviews as WooCommerce's REST API v3 lists them: comments with a rating, in the shop's own HTML."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from postventa.connectors.shops._woocommerce_fields import ident, instant, need, text, wrong
from postventa.news import NotUnderstood
from postventa.review_news import ReviewNews

logger = logging.getLogger(__name__)

REVIEWS = "/wp-json/wc/v3/products/reviews"
PER_PAGE = 100
LOCAL = timedelta(hours=14)
"""The list is filtered by the shop's local time, whatever it is: so much earlier, nothing is missed."""
STATUSES = {"approved": "approved", "hold": "hold", "spam": "spam", "trash": "trash", "unspam": "approved"}


class Rows(Protocol):
    def __call__(self, path: str, asked: Mapping[str, Any], /) -> tuple[list[Any], int | None]: ...


def review_pages(rows: Rows, since: datetime) -> Iterator[list[ReviewNews]]:
    """Pages of what was written after `since`; a review that cannot be read is left out, and said in the log.

    Reviews that come meanwhile are last, so the pages do not move.
    """
    asked = {
        "status": "all",
        "after": (since - LOCAL).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "orderby": "id",
        "order": "asc",
        "per_page": PER_PAGE,
    }
    page = 1
    while True:
        found, _ = rows(REVIEWS, asked | {"page": page})
        yield [news for raw in found if (news := _heard(raw)) is not None]
        if len(found) < PER_PAGE:
            return
        page += 1


def _heard(raw: Any) -> ReviewNews | None:
    try:
        return read_review(raw)
    except NotUnderstood as odd:
        logger.warning("a product review was left out: %s", odd)
        return None


def read_review(raw: Any) -> ReviewNews:
    """Raises NotUnderstood with a sentence that names the field."""
    if not isinstance(raw, dict):
        raise wrong("a review", "an object", raw)
    rating = need(raw, "rating")
    if not isinstance(rating, int) or not 1 <= rating <= 5:  # 0 is a comment without a rating
        raise wrong("rating", "a number from 1 to 5", rating)
    return ReviewNews(
        ref=ident(raw, "id"),
        product_ref=ident(raw, "product_id"),
        email=text(raw, "reviewer_email"),
        rating=rating,
        text=text(raw, "review"),
        status=STATUSES.get(text(raw, "status"), "hold"),
        is_verified=raw.get("verified") is True,
        written_at=instant(need(raw, "date_created_gmt"), "date_created_gmt"),
    )
