"""A desk decides and writes the letters of one order."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from a_dossier import MONDAY, a_customer, a_dossier, a_parcel, an_order, owed

from postventa.letters import Desk
from postventa.message_ids import is_guessable, naming_secret
from postventa.settings import settings_from

DAY = timedelta(days=1)


@pytest.fixture
def desk(configuration):
    def of(dossier=None, **policy) -> Desk:
        settings = settings_from({**configuration, "policy": policy})
        return Desk(dossier or a_dossier(), settings, settings.channels["email"])

    return of


def read(envelope) -> EmailMessage:
    return message_from_bytes(envelope.data, policy=policy.default)


def test_a_letter_is_addressed_and_marked(desk):
    envelope = desk().letter(owed("received"), MONDAY)
    mail = read(envelope)
    assert (envelope.sender, envelope.recipient) == ("pedidos@tienda.example", "ana@correo.example")
    assert mail["Message-ID"] == envelope.message_id
    assert mail["Reply-To"] == "hola@tienda.example"
    assert (mail["X-Postventa-Message"], mail["X-Postventa-Order"]) == ("received", "7")
    assert mail["Content-Language"] == "es"


def name_by(monkeypatch, secret):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", secret)
    naming_secret.cache_clear()


def test_the_same_message_has_the_same_message_id_whoever_writes_it(desk, monkeypatch):
    name_by(monkeypatch, "a-secret-that-only-these-tests-sign-with")
    one, other = (desk().letter(owed("received"), MONDAY + n * DAY).message_id for n in range(2))
    assert one == other
    assert one.endswith("@tienda.example>")
    assert desk().letter(owed("paid"), MONDAY).message_id != one


@pytest.mark.parametrize("secret", ["", "a-secret-that-only-these-tests-sign-with"])
def test_who_knows_an_order_cannot_work_out_the_name_of_its_letters(desk, monkeypatch, secret):
    row = owed("received")
    names = set()
    for more in ("", "-and-another"):
        name_by(monkeypatch, secret + more if secret else "")
        names.add(desk().letter(row, MONDAY).message_id)
    assert len(names) == 2
    assert [name for name in names if is_guessable(name, row.key)] == []


def test_a_message_that_goes_again_keeps_its_message_id(desk):
    again = owed("received", message_id="<kept@tienda.example>")
    assert desk().letter(again, MONDAY).message_id == "<kept@tienda.example>"


def test_the_shops_language_serves_where_the_order_says_none(desk):
    spoken = read(desk(a_dossier(an_order(language=None))).letter(owed("received"), MONDAY))
    assert spoken["Content-Language"] == "es"
    assert (
        read(desk(a_dossier(an_order(language="ca"))).letter(owed("received"), MONDAY))["Content-Language"]
        == "ca"
    )


CONSENTED = {"einvoice_consent_at": MONDAY}


@pytest.mark.parametrize(
    ("customer", "order", "attached"),
    [
        (CONSENTED, {"invoice_number": "F/2026 7"}, ["F-2026-7.pdf"]),
        ({}, {"invoice_number": "F/2026 7"}, []),
        (CONSENTED, {"invoice_number": None}, []),
    ],
)
def test_the_invoice_goes_along_only_with_its_number_and_the_customers_consent(
    desk, customer, order, attached
):
    dossier = a_dossier(an_order(**order), a_customer(**customer))
    mail = read(desk(dossier).letter(owed("paid"), MONDAY))
    assert [part.get_filename() for part in mail.iter_attachments()] == attached


def test_no_message_but_the_payments_carries_the_invoice(desk):
    dossier = a_dossier(an_order(invoice_number="F1"), a_customer(**CONSENTED))
    assert list(read(desk(dossier).letter(owed("received"), MONDAY)).iter_attachments()) == []


def test_a_parcels_notice_names_its_number_and_link(desk):
    dossier = a_dossier(an_order(stage="shipped"), parcels=[a_parcel("A1"), a_parcel("B2", id=12)])
    text = (
        read(desk(dossier).letter(owed("shipped", shipment_id=12), MONDAY)).get_body(("plain",)).get_content()
    )
    assert "B2" in text
    assert "https://carrier.example/B2" in text
    assert "A1" not in text


def test_that_everything_has_arrived_names_the_parcel_only_if_there_is_one(desk):
    one = a_dossier(parcels=[a_parcel("A1"), a_parcel("GONE", id=12, status="cancelled")])
    two = a_dossier(parcels=[a_parcel("A1"), a_parcel("B2", id=12)])
    assert desk(one)._parcel(owed("delivered")).tracking_number == "A1"
    assert desk(two)._parcel(owed("delivered")) is None
    assert desk(one)._parcel(owed("shipped")) is None


def test_parcels_are_counted_without_those_called_off(desk):
    dossier = a_dossier(
        parcels=[a_parcel("GONE", id=10, status="cancelled"), a_parcel("A1"), a_parcel("B2", id=12)]
    )
    shown = desk(dossier)._parcel(owed("shipped", shipment_id=12))
    assert (shown.position, shown.count) == (2, 2)
    assert desk(dossier)._parcel(owed("incident", shipment_id=10)).position == 1


def test_the_expected_day_is_the_day_in_the_shops_zone(desk):
    late_in_utc = MONDAY.replace(hour=23, minute=30)
    dossier = a_dossier(parcels=[a_parcel(estimated_at=late_in_utc)])
    assert desk(dossier)._parcel(owed("shipped", shipment_id=11)).expected_on.day == 3


@pytest.mark.parametrize(
    ("said", "whose"),
    [({"estimated_at": MONDAY}, "del transportista"), ({"guessed_at": MONDAY}, "estimación nuestra")],
)
def test_a_day_of_arrival_is_called_an_estimate_and_it_is_said_whose(desk, said, whose):
    dossier = a_dossier(parcels=[a_parcel(**said)])
    letter = read(desk(dossier).letter(owed("shipped", shipment_id=11), MONDAY))
    text = letter.get_body(("plain",)).get_content()
    assert "Llegada estimada: " in text
    assert whose in " ".join(text.split())


def reason(desk, message, *, at=MONDAY, **dossier) -> str:
    return desk(a_dossier(**dossier)).verdict(message, at).reason


def test_the_question_whether_a_message_may_go_is_asked_of_the_order_as_it_stands(desk):
    assert desk().verdict(owed("in_preparation"), MONDAY).may_go
    assert reason(desk, owed("in_preparation"), order=an_order(stage="cancelled")) == "order_cancelled"
    assert reason(desk, owed("in_preparation"), order=an_order(stage="shipped")) == "superseded"
    assert reason(desk, owed("in_preparation"), order=an_order(is_held=True)) == "order_on_hold"
    assert reason(desk, owed("received"), customer=a_customer(email="")) == "missing_contact"
    assert reason(desk, owed("received"), customer=a_customer(email="ana")) == "missing_contact"
    assert reason(desk, owed("received"), customer=a_customer(hard_bounced_at=MONDAY)) == "hard_bounce"


def test_a_copy_that_does_not_add_up_to_the_total_is_blocked(desk):
    off = an_order(total=an_order().total + 1)
    assert reason(desk, owed("received"), order=off) == "amount_mismatch"
    assert desk(a_dossier(off)).verdict(owed("in_preparation"), MONDAY).may_go


def test_old_news_is_judged_by_the_messages_card_before_the_policy(desk):
    assert reason(desk, owed("in_preparation"), at=MONDAY + 2 * DAY) == ""
    assert reason(desk, owed("in_preparation"), at=MONDAY + 2 * DAY + timedelta(seconds=1)) == "stale_event"
    assert desk().verdict(owed("received"), MONDAY + 400 * DAY).may_go


def test_a_notice_is_about_the_status_in_its_occasion(desk):
    notice = owed("out_for_delivery", shipment_id=11, occasion="out_for_delivery:2026-11-02")
    on_the_van = a_parcel(status="out_for_delivery")
    assert reason(desk, notice, parcels=[on_the_van]) == ""
    assert reason(desk, notice, parcels=[a_parcel(status="ready_for_pickup")]) == "superseded"


def test_what_was_told_in_this_batch_counts_at_once(desk):
    dossier = a_dossier(an_order(stage="shipped"), parcels=[a_parcel()])
    one_desk = desk(dossier)
    whole = owed("shipped", happened_at=MONDAY)
    assert one_desk.verdict(whole, MONDAY).reason == "superseded"
    one_desk.told(owed("shipped", shipment_id=11))
    assert one_desk.verdict(whole, MONDAY).reason == "already_sent"


def test_a_parcel_called_off_is_not_on_the_way(desk):
    dossier = a_dossier(an_order(stage="shipped"), parcels=[a_parcel(status="cancelled")])
    assert desk(dossier).verdict(owed("shipped"), MONDAY).may_go


def test_an_order_is_named_as_operators_name_it(desk):
    assert desk().order_name == "tienda:7"
    assert desk().customer_id == 3


@pytest.mark.parametrize("occasion", ["delayed", "exception:2026-11-02"])
def test_an_incident_can_be_written_for_a_delay_and_for_a_status(desk, occasion):
    dossier = a_dossier(parcels=[a_parcel(status="exception")])
    mail = read(desk(dossier).letter(owed("incident", shipment_id=11, occasion=occasion), MONDAY))
    assert mail["Subject"]


def test_a_mail_names_the_carrier_as_customers_know_it(configuration):
    configuration["carriers"]["dhl"]["display_name"] = "DHL Express"
    settings = settings_from(configuration)
    shipped = Desk(a_dossier(parcels=[a_parcel(carrier_word="dhl")]), settings, settings.channels["email"])
    text = read(shipped.letter(owed("shipped", shipment_id=11), MONDAY)).get_body(("plain",)).get_content()
    assert "DHL Express" in text
