"""The messages of the confirmation chain, apart from those about a case: they are written from other views."""

from postventa.messages import cards

ABOUT_ORDERS = [card for card in cards() if card.per in {"order", "parcel"}]
ABOUT_CASES = [card for card in cards() if card not in ABOUT_ORDERS]
