"""The messages of the confirmation chain, apart from those about a case and those that ask: they have other views."""

from postventa.messages import cards
from postventa.rules.consents import ASKED_FOR

ASKING = [card for card in cards() if card.message_class in ASKED_FOR]
ABOUT_ORDERS = [card for card in cards() if card.per in {"order", "parcel"} and card not in ASKING]
ABOUT_CASES = [card for card in cards() if card not in ABOUT_ORDERS and card not in ASKING]
