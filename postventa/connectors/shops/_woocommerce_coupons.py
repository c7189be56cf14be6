"""Single-use coupons over WooCommerce's REST API v3; a code is looked for before it is made, so that none is made twice."""

from datetime import UTC
from typing import Any, Protocol

from postventa.connectors.http import Refused
from postventa.connectors.shops._woocommerce_fields import ident
from postventa.connectors.shops._woocommerce_reviews import Rows
from postventa.review_news import Coupon

COUPONS = "/wp-json/wc/v3/coupons"
IS_THERE = "woocommerce_rest_coupon_code_already_exists"


class Posts(Protocol):
    def post(self, path: str, body: Any, /) -> Any: ...


def coupon_in(access: Posts, rows: Rows, wanted: Coupon) -> str:
    """The shop's id of the coupon."""
    found = _found(rows, wanted.code)
    if found:
        return found
    body = {
        "code": wanted.code,
        "discount_type": "percent",
        "amount": str(wanted.percent),
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": [wanted.email],
        "date_expires_gmt": wanted.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    try:
        return ident(access.post(COUPONS, body), "id")
    except Refused as refused:
        if refused.code == IS_THERE and (found := _found(rows, wanted.code)):
            return found  # a try of ours that we never heard the end of
        raise


def _found(rows: Rows, code: str) -> str:
    found, _ = rows(COUPONS, {"code": code})
    return next((ident(one, "id") for one in found if one.get("code") == code.lower()), "")
