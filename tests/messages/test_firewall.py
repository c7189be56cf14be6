"""What no letter about a case may be: commercial, a survey, a way to the dead platform, or without a person behind it."""

from types import SimpleNamespace

import pytest
from some_cards import ABOUT_CASES

from postventa import firewall
from postventa.cards import TEMPLATES, BadTemplate
from postventa.messages import Rendered, languages
from postventa.rules.commercial import advertises, out_of_place
from postventa.rules.messages import IN_A_CASE
from postventa.settings import BadConfiguration, settings_from

TO_CUSTOMERS = [card.message for card in ABOUT_CASES if card.per == "case"]


def test_every_letter_about_a_case_is_of_a_class_that_may_be_sent_in_one():
    assert {card.message for card in ABOUT_CASES if card.message_class not in IN_A_CASE} == set()


@pytest.mark.parametrize("message", [*TO_CUSTOMERS, "incident"])
def test_no_template_of_a_case_advertises_or_links_to_the_dead_platform(message):
    assert {
        language: firewall.fault_of(message, language) for language in languages(message)
    } == dict.fromkeys(languages(message), "")


@pytest.mark.parametrize(
    "words",
    [
        "Usa el cupón GRACIAS10 en la tienda.",
        "Amb un descompte del 10 %",
        "<a href='https://tienda.example/?utm_source=queja'>La tienda</a>",
        "Shop now: new arrivals every week",
        "Un regalo para tu próxima compra",
        "https://ec.europa.eu/consumers/odr/",
        "Would you answer our survey?",
    ],
)
def test_a_template_that_advertises_is_named_with_its_word(words, tmp_path, monkeypatch):
    (tmp_path / "complaint_holding/es").mkdir(parents=True)
    (tmp_path / "complaint_holding/es/body.html").write_text(f"<p>{{{{ words.hello }}}} {words}</p>", "utf-8")
    monkeypatch.setattr(firewall, "TEMPLATES", tmp_path)
    monkeypatch.setattr(firewall, "named", lambda path: path.relative_to(tmp_path).as_posix())
    refused = firewall.fault_of.__wrapped__("complaint_holding", "es")
    assert refused.startswith("complaint_holding/es/body.html: it ")


@pytest.mark.parametrize("message", TO_CUSTOMERS)
def test_every_letter_stands_in_the_frame_that_names_a_person_to_turn_to(message):
    for body in ("html", "txt"):
        assert "words.contact_how" in (TEMPLATES / "_base" / f"frame.{body}").read_text(encoding="utf-8")
        for path in (TEMPLATES / message).glob(f"*/body.{body}"):
            written = path.read_text(encoding="utf-8")
            assert written.startswith(f'{{% extends "_base/frame.{body}" %}}'), path


def test_the_shared_parts_are_clean_too():
    for path in (TEMPLATES / "_base").iterdir():
        assert out_of_place(path.read_text(encoding="utf-8")) == "", path
        is_a_sum = path.suffix == ".toml"  # an order's discount and its coupons have names there
        assert is_a_sum or advertises(path.read_text(encoding="utf-8")) == "", path


def test_the_dead_platform_can_neither_be_configured_nor_be_in_any_other_letter(configuration):
    dead = "https://ec.europa.eu/consumers/odr/"
    with pytest.raises(BadConfiguration, match=r"adr\.url.*gone since 2025-07-20"):
        settings_from({**configuration, "adr": {"entity": "OS", "url": dead}})
    view = SimpleNamespace(case=None, is_for_staff=False)
    with pytest.raises(BadTemplate, match="gone since 2025-07-20"):
        firewall.check_letter("paid", view, Rendered("Pagado", "Pagado", f"<a href='{dead}'>"))
