"""The rules say which messages there are to tell, the templates have the words: neither without the other."""

from some_cards import ABOUT_ORDERS

from postventa.messages import cards
from postventa.rules.orders import LIFE
from postventa.rules.shipments import NOTICES


def told_by_rules():
    moves = [move for rows in LIFE.values() for move in rows.values()]
    return {move.tell for move in moves if move.tell} | set(NOTICES.values())


def test_every_message_that_a_rule_tells_has_its_folder():
    assert told_by_rules() - {card.message for card in cards()} == set()


def test_every_message_of_the_chain_is_told_by_a_rule():
    assert {card.message for card in ABOUT_ORDERS} - told_by_rules() == set()


def test_a_step_that_is_passed_over_has_a_message_to_suppress():
    assert {card.step for card in cards() if card.step} == {card.message for card in cards() if card.step}
