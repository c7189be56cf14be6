"""Single-use coupons as Medusa's promotions; a code is looked for before it is made, so that none is made twice."""

from collections.abc import Mapping
from typing import Any, Protocol

from postventa.connectors.http import Refused
from postventa.connectors.shops._medusa_fields import known_by
from postventa.connectors.shops._medusa_walk import shown
from postventa.review_news import Coupon

PROMOTIONS = "promotions"
BAD_DATA = 400
"""How Medusa answers a code that is there already, and much else."""


class Promotions(Protocol):
    def rows(self, what: str, asked: Mapping[str, Any], /) -> tuple[list[Any], int]: ...
    def post(self, what: str, body: Any, /) -> Any: ...


def coupon_in(shop: Promotions, wanted: Coupon) -> str:
    """The shop's id of the coupon.

    Its end is its campaign's: a promotion has none of its own. The code is the campaign's name too, so that a try that
    was broken off between the two is found by either.
    """
    found = _found(shop, wanted.code)
    if found:
        return found
    body = {
        "code": wanted.code,
        "type": "standard",
        "status": "active",
        "is_automatic": False,
        "limit": 1,
        "application_method": {
            "type": "percentage",
            "value": wanted.percent,
            "target_type": "order",
            "allocation": "across",
        },
        "rules": [{"attribute": "email", "operator": "eq", "values": [wanted.email]}],
        "campaign": {
            "name": wanted.code,
            "campaign_identifier": wanted.code,
            "ends_at": shown(wanted.expires_at),
        },
    }
    try:
        return known_by(shop.post(PROMOTIONS, body)["promotion"])
    except Refused as refused:
        if refused.status == BAD_DATA and (found := _found(shop, wanted.code)):
            return found  # a try of ours that we never heard the end of
        raise


def _found(shop: Promotions, code: str) -> str:
    rows, _ = shop.rows(PROMOTIONS, {"code": code, "fields": "id,code"})
    return next((known_by(one) for one in rows if isinstance(one, dict) and one.get("code") == code), "")
