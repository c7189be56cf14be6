"""What customers read about what they send back: every letter, in every language, with what the law wants in it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from postventa import messages
from postventa.views import AdrView, CaseView, ReturnLineView

LANGUAGES = messages.languages("received")
LETTERS = (
    "withdrawal_received",
    "return_approved",
    "return_instructions",
    "return_reminder",
    "withdrawal_declined",
    "return_goods_received",
    "refund_made",
    "return_deduction",
    "return_asked_back",
    "return_call",
)
AT = datetime(2026, 11, 27, 22, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Madrid"))
every_letter = pytest.mark.parametrize("message", LETTERS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def view(full):
    case = CaseView(
        number="D-2026-000012",
        key="ABCD2345EFGH6789",
        family="return",
        kind="statutory_withdrawal",
        topic="",
        received_at=AT,
        text="Desisto <b>del</b> contrato.\nLa taza no.",
        points=(),
        outcome="",
        answer_by=date(2026, 12, 11),
        status_url="https://tienda.example/case/x",
        person="Ana Pons",
        currency="EUR",
        lines=(
            ReturnLineView("Cafetera", Decimal(1), Decimal("34.50"), False, ""),
            ReturnLineView("Taza grabada", Decimal(2), Decimal("20.00"), True, "LGDCU 103.c"),
        ),
        returns_address="Carrer Major 1, 08001 Barcelona",
        adr=AdrView("Junta Arbitral de Catalunya", "https://adr.example", False, True),
    )
    facts = SimpleNamespace(
        informed_at=AT,
        order_number="10482",
        send_by_on=date(2026, 12, 11),
        is_collected=False,
        is_paid_by_shop=False,
        refund_amount=Decimal("34.50"),
        article="LGDCU 103.c",
        letter="c",
        is_late=False,
        closed_on="",
        reason="El grabado lleva el nombre que pediste.",
        is_whole=False,
        received_at=AT,
        refunded_at=AT,
        rest_amount=Decimal("4.95"),
        is_all=False,
        means="Tarjeta",
        is_other_means=False,
        goods_amount=Decimal("39.90"),
        deducted_amount=Decimal("5.40"),
        is_by_law=True,
        evidence="Barro en la suela, foto 12.",
        news="goods_left",
        left_at=AT,
        given_amount=Decimal("61.75"),
        due_amount=Decimal("34.50"),
    )
    return replace(full, case=case, facts=facts)


def read(message, view, language="es", **facts):
    changed = SimpleNamespace(**{**vars(view.facts), **facts})
    return messages.render(message, replace(view, language=language, facts=changed))


@every_letter
@every_language
def test_every_letter_names_its_case_in_subject_and_text_and_html_agree(view, message, language):
    letter = read(message, view, language)
    assert "D-2026-000012" in letter.subject
    assert "D-2026-000012" in letter.text
    words = re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", letter.html, flags=re.DOTALL))
    heading = letter.text.splitlines()[0]
    assert heading in words


@every_language
def test_the_acknowledgement_repeats_the_statement_with_its_date_and_time(view, language):
    letter = read("withdrawal_received", view, language)
    assert "> Desisto <b>del</b> contrato.\n> La taza no." in letter.text
    assert "Desisto &lt;b&gt;del&lt;/b&gt; contrato.<br>La taza no." in letter.html
    assert "23:30" in letter.text
    assert "ABCD2345EFGH6789" in letter.text
    assert "1 × Cafetera" in letter.text
    assert "Taza grabada" not in letter.text


def test_another_return_is_not_called_a_withdrawal(view):
    view = replace(view, case=replace(view.case, kind="commercial_return", status_url="", lines=()))
    letter = read("withdrawal_received", view)
    assert "solicitud de devolución" in letter.subject
    assert "desistimiento" not in letter.text


@every_language
def test_what_is_accepted_before_its_way_back_is_known_asks_for_patience_and_says_who_pays_for_a_fault(
    view, language
):
    fault = replace(view, case=replace(view.case, kind="non_conformity"))
    theirs, ours = (read("return_approved", one, language).text for one in (view, fault))
    assert "1 × Cafetera" in ours
    assert "Ana Pons" in ours
    assert theirs != ours


@every_language
def test_the_way_back_names_address_last_day_payer_and_amount(view, language):
    letter = read("return_instructions", view, language)
    assert "Carrer Major 1, 08001 Barcelona" in letter.text
    assert "2026" in letter.text
    assert "34" in letter.text
    theirs, ours = (
        read("return_instructions", view, language, is_paid_by_shop=paid).text for paid in (False, True)
    )
    assert theirs != ours
    collected = read("return_instructions", view, language, is_collected=True).text
    assert "Carrer Major 1, 08001 Barcelona\n\n" not in collected.split("----")[0]


def test_a_refusal_gives_article_reason_and_who_settles_disputes(view):
    letter = read("withdrawal_declined", view).text
    assert "artículo 103, letra c" in letter
    assert "claramente personalizado" in letter
    assert "El grabado lleva el nombre que pediste." in letter
    assert "litigios de consumo: Junta Arbitral de Catalunya. https://adr.example" in letter
    assert "No estamos adheridos a esta entidad. Participaremos en el procedimiento" in letter
    assert "2 × Taza grabada" in letter
    assert "Del resto de tu devolución" in letter


@every_language
def test_a_late_statement_is_refused_with_the_day_on_which_the_period_ended(view, language):
    late = {"letter": "", "is_late": True, "closed_on": date(2026, 12, 10), "is_whole": True, "reason": ""}
    letter = read("withdrawal_declined", view, language, **late).text
    assert "102" in letter
    assert "10" in letter
    for adr in (
        AdrView("X", "https://x.example", True, True),
        AdrView("X", "https://x.example", False, False),
    ):
        member = replace(view, case=replace(view.case, adr=adr))
        assert "https://x.example" in read("withdrawal_declined", member, language, **late).text


@every_language
def test_a_refund_says_how_much_by_which_means_and_what_is_still_to_come(view, language):
    part = read("refund_made", view, language)
    assert "4" in part.text
    assert "Tarjeta" in part.text
    assert read("refund_made", view, language, is_other_means=True).text != part.text
    whole = read("refund_made", view, language, is_all=True, means="")
    assert part.subject != whole.subject
    assert "4,95" not in whole.text


@every_language
def test_a_deduction_names_amounts_reason_evidence_and_how_to_object(view, language):
    letter = read("return_deduction", view, language)
    for words in ("108.2", "El grabado lleva el nombre", "Barro en la suela", "Junta Arbitral", "Ana Pons"):
        assert words in letter.text
    for digits in ("39", "5", "34"):
        assert re.search(rf"\b{digits}[.,]", letter.text)
    assert "108.2" not in read("return_deduction", view, language, is_by_law=False).text
    undone = read("return_deduction", view, language, deducted_amount=Decimal(0))
    assert undone.subject != letter.subject
    assert "Junta Arbitral" not in undone.text


@every_language
def test_an_owner_reads_what_the_call_is_about_with_both_amounts(view, language):
    left, over = (read("return_call", view, language, news=news) for news in ("goods_left", "overpaid"))
    assert "postventa return ask D-2026-000012" in left.text
    for letter in (left.text, over.text, over.subject):
        assert "61" in letter
        assert "34" in letter
    assert "return ask D" not in over.text


@every_language
def test_who_is_asked_politely_reads_that_no_date_and_no_cost_follows(view, language):
    letter = read("return_asked_back", view, language)
    assert "1 × Cafetera" in letter.text
    assert "2026" not in letter.text.split("----")[0]
