"""A complaint's letters at the moment of sending: the receipt with its PDF, what is refused, and what must be filled in."""

from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest

from postventa import cards as cards_module
from postventa import messages
from postventa.case_letters import CaseDesk
from postventa.complaints import Statement, file_complaint
from postventa.message_ids import is_guessable
from postventa.messages import BadTemplate
from postventa.rules.complaints import Kind, Topic
from postventa.settings import settings_from
from postventa.store.case_dossiers import case_dossiers

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def owed(message, **facts):
    """A row of the outbox."""
    row = {"key": f"tienda:R-2026-000001:{message}:once", "message": message, "occasion": "once"}
    return SimpleNamespace(**row, recipient=None, facts=facts, message_id=None)


@pytest.fixture
def desk(place, configuration, monday):
    """The desk of a complaint that is in the book; `desk(adr=...)` changes the configuration first."""
    statement = Statement(
        shop="tienda",
        kind=Kind.QUERY,
        topic=Topic.OTHER,
        text="On és la meva comanda?",
        language="ca",
        name="Núria",
        email="nuria@client.example",
        source="web",
        source_ref="t",
        received_at=monday,
    )
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
