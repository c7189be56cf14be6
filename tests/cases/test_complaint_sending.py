"""A complaint's letters at the moment of sending: the receipt with its PDF, what is refused, and what must be filled in."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest

from postventa import cards as cards_module
from postventa import firewall, messages
from postventa.case_letters import CaseDesk
from postventa.complaints import Statement, file_complaint
from postventa.message_ids import is_guessable
from postventa.messages import BadTemplate
from postventa.rules.complaints import Kind, Topic
from postventa.settings import settings_from
from postventa.store.case_dossiers import case_dossiers

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

STATEMENT = Statement(
    shop="tienda",
    kind=Kind.QUERY,
    topic=Topic.OTHER,
    text="On és la meva comanda?",
    language="ca",
    name="Núria",
    email="nuria@client.example",
    source="web",
    source_ref="t",
    received_at=datetime(2026, 11, 2, tzinfo=UTC),
)


def owed(message, **facts):
    """A row of the outbox."""
    row = {"key": f"tienda:R-2026-000001:{message}:once", "message": message, "occasion": "once"}
    return SimpleNamespace(**row, recipient=None, facts=facts, message_id=None)


@pytest.fixture
def desk(place, configuration, monday):
    """The desk of a complaint that is in the book; `desk(adr=...)` changes the configuration first."""
    statement = replace(STATEMENT, received_at=monday)
    with place.store.begin() as connection:
        case_id = file_complaint(connection, place.settings, statement, monday).case_id
    with place.reading() as connection:
        dossier = case_dossiers(connection, [case_id])[case_id]

    def of(**sections):
        settings = settings_from({**configuration, **sections})
        return CaseDesk(dossier, settings, settings.channels["email"])

    return of


def test_the_receipt_goes_in_the_customers_language_with_its_pdf(desk, monday):
    envelope = desk().letter(owed("complaint_received", is_whole=True), monday)
    mail = message_from_bytes(envelope.data, policy=policy.default)
    assert (envelope.recipient, mail["Content-Language"]) == ("nuria@client.example", "ca")
    assert mail["Subject"] == "Hem rebut la teva consulta (R-2026-000001)"
    (pdf,) = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("R-2026-000001.pdf", "application/pdf")
    assert pdf.get_content().startswith(b"%PDF")
    assert desk().letter(owed("complaint_received", is_whole=True), monday).data == envelope.data


def test_nobody_can_name_a_letter_who_has_not_had_it(desk, monday):
    """Answers join the case whose letter they name, and the key of a message can be worked out."""
    row = owed("complaint_received", is_whole=True)
    envelope = desk().letter(row, monday)
    assert not is_guessable(envelope.message_id, row.key)
    row.message_id = envelope.message_id
    assert desk().letter(row, monday).message_id == envelope.message_id


def test_a_letter_about_disputes_waits_for_somebody_to_say_who_settles_them(desk, monday):
    with pytest.raises(BadTemplate, match=r"set entity and url in \[adr\]"):
        desk().letter(owed("complaint_adr"), monday)
    mail = desk(adr={"entity": "Junta Arbitral"}).letter(owed("complaint_adr"), monday)
    assert b"X-Postventa-Case: R-2026-000001" in mail.data


@pytest.mark.parametrize("message_class", ["commercial", "relationship"])
def test_nothing_commercial_and_no_survey_is_sent_in_a_case_even_if_a_card_says_so(
    desk, monday, message_class, tmp_path, monkeypatch
):
    (tmp_path / "we_miss_you").mkdir()
    card = f'class="{message_class}"\nper="case"\nrank=1\nchannels=["email"]\npurpose="A lure."\n'
    (tmp_path / "we_miss_you" / "message.toml").write_text(card)
    monkeypatch.setattr(cards_module, "TEMPLATES", tmp_path)
    messages.card.cache_clear()
    verdict = desk().verdict(owed("we_miss_you"), monday)
    messages.card.cache_clear()
    assert (verdict.may_go, verdict.reason) == (False, "channel_not_allowed")


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ("Un 10 % para tu próxima compra", "it advertises ('próxima compra')"),
        ("Acude a https://ec.europa.eu/consumers/odr", "it links to the EU's platform"),
    ],
)
def test_a_letter_that_advertises_or_leads_to_the_dead_platform_is_refused_as_it_leaves(
    desk, monday, said, because
):
    """However it came into the outbox: the desk's words were read before, and are read again."""
    with pytest.raises(BadTemplate, match=re.escape(f"it may not leave: {because}")):
        desk().letter(owed("complaint_holding", text=said), monday)
    assert desk().letter(owed("complaint_holding", text="Mañana lo sabremos."), monday).data


def test_a_template_that_advertises_is_refused_as_it_leaves(desk, monday, monkeypatch):
    monkeypatch.setattr(
        firewall, "fault_of", lambda message, language: f"{message}/{language}: it advertises"
    )
    with pytest.raises(BadTemplate, match="it may not leave: complaint_received/ca: it advertises"):
        desk().letter(owed("complaint_received", is_whole=True), monday)


def test_what_the_customer_wrote_of_advertising_is_repeated_to_them(place, configuration, monday):
    words = "Em vau prometre un 20 % en la <pròxima compra> & la newsletter diu\nhttps://ec.europa.eu/consumers/odr"
    complaint = replace(STATEMENT, text=words, received_at=monday)
    with place.store.begin() as connection:
        case_id = file_complaint(connection, place.settings, complaint, monday).case_id
    with place.reading() as connection:
        dossier = case_dossiers(connection, [case_id])[case_id]
    settings = settings_from(configuration)
    theirs = CaseDesk(dossier, settings, settings.channels["email"])
    reopened = {"text": words, "reopened_at": monday.isoformat()}
    for row in (owed("complaint_received", is_whole=True), owed("complaint_reopened", **reopened)):
        sent = message_from_bytes(theirs.letter(row, monday).data, policy=policy.default)
        assert "newsletter" in sent.get_body(("plain",)).get_content()


def test_nothing_of_another_class_can_even_be_put_into_words_in_a_case(desk, monday):
    with pytest.raises(BadTemplate, match="case_survey is relationship: in a case nothing of that class"):
        messages.render("case_survey", desk().view(owed("complaint_received", is_whole=True)))


def test_an_answer_that_rejects_is_not_sent_once_nobody_settles_disputes(desk, monday):
    facts = {"outcome": "rejected", "points": [], "text": "", "remedy": None, "tells_of_adr": True}
    with pytest.raises(BadTemplate, match=r"set entity and url in \[adr\]"):
        desk(adr={}).letter(owed("complaint_answered", **facts), monday)
