"""What a review request says beside the order: where each product is reviewed, and the survey with its first question."""

from collections.abc import Iterable, Mapping
from typing import Any

from postventa.messages import language_for
from postventa.review_facts import SURVEY, Asking
from postventa.rules.consents import Basis
from postventa.rules.reviews import Piece, asked_about
from postventa.settings import Settings, Shop
from postventa.store.sales import Sale
from postventa.surveys import invitation


def facts_now(settings: Settings, asking: Asking, written: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says when it leaves: the products that are still with the customer and not reviewed yet."""
    shop = settings.shop(asking.sale.order.shop)
    language = language_for(asking.sale.order.language, shop.language)
    return {
        **written,
        "products": products(shop, asking.sale, asking.facts.pieces),
        "reward": written.get("reward", ""),
        "survey": invitation(settings, SURVEY, asking.ask.id, language),
    }


def products(shop: Shop, sale: Sale, pieces: Iterable[Piece]) -> list[dict[str, str]]:
    """Each product's name, and the address where it is reviewed."""
    names = {line.ref: line.name for line in sale.lines}
    return [
        {"ref": piece.ref, "name": names[piece.ref], "url": _address(shop.review_url, piece)}
        for piece in asked_about(pieces)
    ]


def reward_of(shop: Shop, basis: Basis) -> dict[str, Any] | str:
    """What is promised for a review: only to who said yes to advertising, for that makes it advertising (LSSI 20, 21)."""
    terms = shop.review_coupon
    if terms is None or not shop.review_url or basis is not Basis.CONSENT:
        return ""
    return {"percent": terms.percent, "days": terms.days, "conditions_url": terms.conditions_url}


def _address(where: str, piece: Piece) -> str:
    return where.replace("{product_ref}", piece.product_ref).replace("{sku}", piece.sku)
