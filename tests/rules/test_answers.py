"""What keeps an answer back: nobody's, generic, copied, half, or in the wrong language."""

from dataclasses import replace

import pytest

from postventa.rules.answers import Draft, faults, plain_words, points_of, whole_answer
from postventa.rules.complaints import Outcome

GOOD = Draft(
    owner="ana",
    outcome=Outcome.UPHELD,
    points=("La caja llegó rota",),
    reasons=("La foto enseña el golpe del camión: mañana sale otra caja hacia Girona.",),
    language="es",
    has_adr=True,
)


def only_fault(earlier=(), **changes):
    (fault,) = faults(replace(GOOD, **changes), earlier)
    return fault


def test_a_good_answer_may_leave():
    assert faults(GOOD) == ()
    assert faults(GOOD, ["Otra respuesta, que habla de la devolución del importe de unas sábanas"]) == ()


def test_somebody_owns_an_answer_and_it_has_an_outcome():
    assert "nobody owns it" in only_fault(owner=None)
    assert "is no answer" in only_fault(outcome=Outcome.NO_REPLY_FROM_CUSTOMER)


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.PARTLY_UPHELD])
def test_who_does_not_get_everything_hears_of_dispute_resolution(outcome):
    assert "set entity and url in [adr]" in only_fault(outcome=outcome, has_adr=False)
    assert faults(replace(GOOD, outcome=outcome)) == ()
    assert faults(replace(GOOD, has_adr=False)) == ()


def test_an_answer_speaks_the_customers_language():
    assert "written in en, and the customer writes in es" in only_fault(written_in="en")
    assert faults(replace(GOOD, written_in="es")) == ()


def test_every_point_has_its_reason():
    fault = only_fault(points=("La caja llegó rota", "Falta una taza"))
    assert "raises 2 points and 1 have a reason" in fault
    assert "1. La caja llegó rota; 2. Falta una taza" in fault


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "is empty"),
        ("...", "is empty"),
        ("No procede", "too short"),
        ("Lamentamos las molestias ocasionadas.", "could answer any complaint"),
        (
            "LAMENTEM LES MOLÈSTIES OCASIONADES! Hem pres nota de la seva reclamació",
            "could answer any complaint",
        ),
        ("Thank you for contacting us. We are sorry for the inconvenience.", "could answer any complaint"),
        ("La caja llegó rota, la caja rota llegó", "only says the question again"),
    ],
)
def test_what_explains_nothing_is_refused(reason, said):
    fault = only_fault(reasons=(reason,))
    assert fault.startswith("the reason for point 1")
    assert said in fault


def test_one_reason_does_not_serve_two_points():
    fault = only_fault(points=("Caja rota", "Falta una taza"), reasons=GOOD.reasons * 2)
    assert fault == "the reason for point 2 is that of a point before it"


def test_the_answer_to_another_case_is_not_the_answer_to_this_one():
    earlier = [whole_answer(GOOD.reasons, GOOD.text)]
    assert "the same as an answer to another case" in only_fault(earlier)
    barely_changed = (GOOD.reasons[0].replace("mañana", "hoy").upper(),)
    assert "the same as an answer to another case" in only_fault(earlier, reasons=barely_changed)


def test_an_answer_does_not_advertise():
    assert "it advertises" in only_fault(text="Y un regalo para tu próxima compra.")


def test_a_list_is_its_points_and_prose_is_one():
    assert points_of(
        "Buenas:\n1. La caja llegó rota\n   por un lado\n2) Falta una taza\n\n- Y nadie contesta"
    ) == (
        "La caja llegó rota por un lado",
        "Falta una taza",
        "Y nadie contesta",
    )
    assert points_of("La caja llegó rota.\n- solo una raya") == ("La caja llegó rota. - solo una raya",)
    assert points_of("") == ("",)
    assert len(points_of("palabra " * 1000)[0]) == 1000


def test_words_are_compared_without_capitals_and_accents():
    assert plain_words("¡CAMIÓN,  Núria!\n") == "camion nuria"
