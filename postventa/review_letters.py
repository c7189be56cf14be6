"""What a review request says beside the order: where each product is reviewed, and the survey with its first question."""

from collections.abc import Iterable, Mapping
from typing import Any

from postventa.links import survey_link
from postventa.messages import language_for
from postventa.review_facts import SURVEY, Asking
from postventa.rules.reviews import Piece, asked_about
from postventa.settings import Settings, Shop
from postventa.store.sales import Sale
from postventa.surveys import definition


def facts_now(settings: Settings, asking: Asking, written: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says when it leaves: the products that are still with the customer and not reviewed yet."""
    shop = settings.shop(asking.sale.order.shop)
    return {
        **written,
        "products": products(shop, asking.sale, asking.facts.pieces),
        "survey": _survey(settings, language_for(asking.sale.order.language, shop.language), asking.ask.id),
    }


def products(shop: Shop, sale: Sale, pieces: Iterable[Piece]) -> list[dict[str, str]]:
    """Each product's name, and the address where it is reviewed."""
    names = {line.ref: line.name for line in sale.lines}
    return [
        {"ref": piece.ref, "name": names[piece.ref], "url": _address(shop.review_url, piece)}
        for piece in asked_about(pieces)
    ]


def _survey(settings: Settings, language: str, ask_id: int) -> dict[str, Any]:
    """The first question, and a link for each of its answers; they fill in, and what is sent from the page counts."""
    first = definition(SURVEY).first
    words = first.words[language]
    low, high = first.scale
    return {
        "url": survey_link(settings, ask_id),
        "ask": words["ask"],
        "low": words["low"],
        "high": words["high"],
        "scale": [
            {
                "number": number,
                "said": f"{words['ask']} {number}/{high}",
                "url": survey_link(settings, ask_id, number),
            }
            for number in range(low, high + 1)
        ],
    }


def _address(where: str, piece: Piece) -> str:
    return where.replace("{product_ref}", piece.product_ref).replace("{sku}", piece.sku)
