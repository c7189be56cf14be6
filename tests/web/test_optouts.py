"""No more surveys, no more advertising: a page that records nothing when it is looked at, and one click that does."""

from datetime import timedelta

import pytest
from a_visitor import rows

from postventa import clock, links
from postventa.store.consents import ConsentRow, SuppressionRow
from postventa.store.messages import OutboxRow
from postventa.store.orders import CustomerRow
from postventa.web.serving import Pages
from postventa.workplace import Workplace

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def link(place):
    return links.opt_out_link(place.settings, "tienda", 1)


def objections(place):
    return [(row.reference, row.message_class, row.source) for row in rows(place, ConsentRow)]


def test_a_scanner_that_fetches_the_link_objects_to_nothing(visitor, place, link):
    page = visitor.get(link)
    visitor.head(link)

    assert page.status_code == 200
    assert "n•••@client.example" in page.text
    assert "nuria" not in page.text
    assert objections(place) == []


def test_one_click_needs_no_cookie_and_is_confirmed(visitor, place, link):
    visitor.cookies.clear()
    for files in (None, {name: (None, value) for name, value in ONE_CLICK.items()}):
        answer = visitor.post(link, data=None if files else ONE_CLICK, files=files, allow_redirects=False)
        assert answer.status_code == 200
        assert not answer.cookies

    assert objections(place) == [("O-2026-000001", "all", "one_click")]
    assert {row.message_class for row in rows(place, SuppressionRow)} == {"relationship", "commercial"}
    assert [row.occasion for row in rows(place, OutboxRow, message="opt_out_confirmed")] == ["O-2026-000001"]


def test_the_page_lets_choose_and_gives_the_reference(visitor, place, link):
    page = visitor.post(link, data={"scope": "relationship"})

    assert "O-2026-000001" in page.text
    assert "listarobinson.es" in page.text
    assert objections(place) == [("O-2026-000001", "relationship", "page")]
    assert "O-2026-000002" in visitor.post(link, data={"scope": "all"}).text
    assert "O-2026-000002" in visitor.post(link, data={"scope": "relationship"}).text


@pytest.mark.parametrize("data", [{}, {"scope": "everything"}, {"List-Unsubscribe": "no"}])
def test_what_is_not_an_objection_records_none(visitor, place, link, data):
    assert visitor.post(link, data=data).status_code == 422
    assert objections(place) == []


def test_mail_programs_are_never_told_that_they_ask_too_often(visitor, place, link):
    web = place.settings.web.model_copy(update={"requests_per_minute": 1})
    with Pages(Workplace(place.settings.model_copy(update={"web": web}), place.store)) as pages:
        visitor.base = pages.url
        assert [visitor.post("/case").status_code for _ in range(2)] == [422, 429]
        assert [visitor.post(link, data=ONE_CLICK).status_code for _ in range(4)] == [200] * 4


def test_a_link_that_is_forged_for_another_page_or_of_another_age_says_no_politely(visitor, place, link):
    token = links.order_token(place.settings, "tienda", 1)
    for wrong in (link[:-1], f"/optout/{token}", "/optout/x"):
        assert visitor.post(wrong, data=ONE_CLICK).status_code == 404
    with clock.clock_set_to(clock.now() + timedelta(days=3651)):
        assert visitor.post(link, data=ONE_CLICK).status_code == 403
    assert objections(place) == []


def test_the_page_speaks_the_language_of_the_latest_order(visitor, place):
    link = links.opt_out_link(place.settings, "tienda", 2)
    assert '<html lang="ca">' in visitor.get(link, headers={"Accept-Language": "ca,es"}).text
    assert '<html lang="es">' in visitor.get(f"{link}?lang=es").text


def test_who_gets_texts_may_refuse_them_alone(visitor, place, link):
    assert 'value="sms"' not in visitor.get(link).text
    texting = place.settings.shops["tienda"].model_copy(update={"texts": ("shipped",)})
    settings = place.settings.model_copy(update={"shops": {"tienda": texting}})
    phone = CustomerRow.__table__.update().values(phone="600 000 001")
    with place.store.begin() as connection:
        connection.execute(phone)
    with Pages(Workplace(settings, place.store)) as pages:
        visitor.base = pages.url
        assert 'value="sms"' in visitor.get(link).text
        page = visitor.post(link, data={"scope": "sms"})
        again = visitor.post(link, data={"scope": "sms"})
    with place.store.begin() as connection:
        connection.execute(phone.values(phone=""))
    assert "O-2026-000001" in page.text
    assert "te seguirán llegando por correo" in page.text
    assert "O-2026-000001" in again.text
    assert objections(place) == [("O-2026-000001", "sms", "page")]
    assert {row.message_class for row in rows(place, SuppressionRow)} == {"sms"}
