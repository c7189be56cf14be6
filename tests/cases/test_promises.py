"""A remedy in an answer: every one has its words in every language, and a credit never hides the money."""

from decimal import Decimal

import pytest

from postventa.promises import in_words
from postventa.rules.compensation import Fault, Remedy
from postventa.store.compensation import Compensation


def a_remedy(remedy: Remedy, amount: str = "4.84", alternatives=()) -> Compensation:
    worth = Decimal(amount)
    return Compensation(
        *(
            1,
            1,
            remedy,
            "late_delivery",
            Fault.CARRIER,
            worth,
            "EUR",
            "approved",
            "tienda:2026-11",
            "ana",
            "",
        ),
        alternatives=tuple(alternatives),
    )


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_every_remedy_can_be_said_alone_and_as_an_alternative(language):
    others = [(other, Decimal(1)) for other in Remedy]
    for remedy in Remedy:
        assert in_words(a_remedy(remedy), language)["text"]
        assert in_words(a_remedy(remedy, "0", others), language)["text"]


def test_the_amount_follows_and_what_may_be_chosen_instead_comes_first():
    others = [(Remedy.REPLACEMENT, Decimal(0)), (Remedy.FULL_REFUND, Decimal(16))]
    said = in_words(a_remedy(Remedy.PARTIAL_REFUND, "3.6300", others), "es")
    assert said == {
        "text": "Si lo prefiere, puede elegir en su lugar: el mismo artículo de nuevo o la devolución de todo el "
        "importe. Le devolvemos una parte del precio:",
        "money_amount": "3.63",
        "currency": "EUR",
    }


def test_a_credit_says_that_money_can_be_had():
    assert "the same amount in money" in in_words(a_remedy(Remedy.CREDIT), "en")["text"]


def test_a_language_that_is_not_spoken_is_answered_in_spanish():
    assert in_words(a_remedy(Remedy.APOLOGY, "0"), "gl") == {"text": "Le pedimos disculpas por lo ocurrido."}
