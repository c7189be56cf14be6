"""What a person at the desk reads: what is due when, whose case it is, and what to do, in each language."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from postventa import messages
from postventa.views import AdrView, CaseView

MADRID = ZoneInfo("Europe/Madrid")
LANGUAGES = messages.languages("desk_escalation")
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def letter(full):
    """`letter("es", days=3)` puts a call into words."""
    case = CaseView(
        number="R-2026-000012",
        key="ABCD",
        family="complaint",
        kind="complaint",
        topic="delivery",
        received_at=datetime(2026, 11, 2, 10, 5, tzinfo=MADRID),
        text="La taza llegó rota.",
        points=(),
        outcome="",
        answer_by=None,
        status_url="",
        person="Ana Pons",
        currency="EUR",
        lines=(),
        returns_address="",
        adr=AdrView("", "", is_member=False, takes_part=False),
    )
    facts = {
        "duty": "R-CMP-ANS",
        "title": "Answer the complaint",
        "article": "LGDCU 21.3",
        "call": "owner",
        "last_at": datetime(2026, 11, 17, 23, 59, 59, tzinfo=MADRID),
        "is_overdue": False,
        "days": 3,
        "hours": 4,
        "is_late": False,
        "is_unowned": False,
        "risk_amount": "",
        "double_sum": "",
    }

    def written(language, family="complaint", **more):
        view = replace(
            full,
            language=language,
            order=None,
            parcel=None,
            customer_name="Ana",
            case=replace(case, family=family),
            facts=SimpleNamespace(**facts | more),
            is_for_staff=True,
        )
        return messages.render("desk_escalation", view)

    return written


@every_language
def test_it_says_what_is_due_when_whose_it_is_and_how_to_answer(letter, language):
    mail = letter(language)
    for body in (mail.text, mail.html):
        for said in (
            "R-2026-000012",
            "Ana Pons",
            "LGDCU 21.3",
            "23:59",
            "postventa complaint answer R-2026-000012",
        ):
            assert said in body, said
    assert mail.subject.startswith("R-2026-000012: ")
    assert "Núria" not in mail.subject


def test_days_and_hours_agree_with_their_number(letter):
    subjects = [
        letter("es", days=days, hours=hours).subject for days, hours in ((3, 4), (1, 0), (0, 1), (0, 0))
    ]
    assert subjects == [
        "R-2026-000012: quedan 3 días y 4 horas para responder a la reclamación",
        "R-2026-000012: queda 1 día para responder a la reclamación",
        "R-2026-000012: queda 1 hora para responder a la reclamación",
        "R-2026-000012: queda menos de una hora para responder a la reclamación",
    ]


@every_language
def test_overdue_late_and_ownerless_are_said(letter, language):
    usual = letter(language).text
    for fact in ("is_overdue", "is_late", "is_unowned"):
        assert letter(language, **{fact: True}).text != usual
    assert "Ana Pons" not in letter(language, is_unowned=True).text


@every_language
def test_a_refund_shows_its_money_and_a_rule_of_the_shops_own_its_title(letter, language):
    mail = letter(language, "return", duty="P-OURS", title="Our promise", risk_amount=Decimal("59.90"))
    risks = {"double_sum": "medium", "is_overdue": True, "risk_amount": Decimal("59.90")}
    doubled = letter(language, "return", duty="R-WDR-REF", **risks)
    assert "LGDCU" in doubled.text
    assert "LGDCU" in doubled.html
    assert (
        doubled.subject
        != letter(language, "return", duty="R-WDR-REF", **risks | {"double_sum": "high"}).subject
    )
    assert "Our promise" in mail.subject
    assert "59" in mail.subject
    assert "complaint answer" not in mail.text


@every_language
def test_the_end_of_a_customers_own_time_asks_for_a_decision(letter, language):
    assert (
        letter(language, call="lapsed", is_overdue=True).subject != letter(language, is_overdue=True).subject
    )
