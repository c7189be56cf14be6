"""Product reviews as WooCommerce writes them."""

import pytest

from postventa.connectors.shops._woocommerce_reviews import read_review
from postventa.news import NotUnderstood


@pytest.mark.parametrize(
    ("field", "value"), [("rating", 0), ("rating", "4"), ("id", None), ("date_created_gmt", "")]
)
def test_a_review_that_cannot_be_read_names_the_field(field, value):
    raw = {"id": 1, "product_id": 2, "rating": 5, "date_created_gmt": "2026-11-02T08:00:00", field: value}
    with pytest.raises(NotUnderstood, match=field):
        read_review(raw)


def test_what_is_no_review_is_refused():
    with pytest.raises(NotUnderstood, match="a review must be an object"):
        read_review([])
