"""The withdrawal function: two steps, one case, an acknowledgement with content, date and time; and no word on what exists."""

import re
from html import unescape

from a_visitor import rows, ticket_in

from postventa import declarations, windows
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.messages import OutboxRow
from postventa.store.returns import ReturnLineRow, ReturnRow

GUEST = {"order": "7001", "scope": "all", "name": "Núria Soler", "email": "nuria.7001@client.example"}


def confirm(visitor, path, **typed):
    """Walks both steps; answers the page of step two and the acknowledgement."""
    first = visitor.get(path)
    second = visitor.post(path, data={**typed, "act": "check", "ticket": ticket_in(first)})
    assert second.status_code == 200, second.text
    done = visitor.post(path, data={**typed, "act": "confirm", "ticket": ticket_in(second)})
    return second, done


def test_by_the_orders_link_a_part_is_withdrawn_from_in_two_steps(visitor, place):
    link = visitor.order_link(7001, "withdrawal")
    field = f"line-{1}"
    second, done = confirm(visitor, link, **{field: "1", "name": "Núria Soler", "email": ""})

    assert ">confirmar desistimiento</button>" in second.text
    assert "Todavía no hemos registrado nada" in second.text
    assert done.history[0].status_code == 303
    (case,), (declared,), (line,) = rows(place, CaseRow), rows(place, ReturnRow), rows(place, ReturnLineRow)
    assert (case.email, case.source, line.quantity) == ("nuria.7001@client.example", "web", 1)
    text = unescape(done.text)
    for said in (case.number, case.key, declared.statement, "10 de noviembre de 2026, 10:00 (CET)"):
        assert said in text
    assert "withdrawal_received" in {row.message for row in rows(place, OutboxRow, case_id=case.id)}


def test_step_one_records_nothing_and_going_back_keeps_what_was_typed(visitor, place):
    link = visitor.order_link(7001, "withdrawal")
    ticket = ticket_in(visitor.get(link))
    typed = {"line-1": "1", "name": "Núria Soler", "email": "otra@correo.example", "ticket": ticket}
    visitor.post(link, data={**typed, "act": "check"})
    back = visitor.post(link, data={**typed, "act": "change"})

    assert rows(place, CaseRow) == []
    assert 'value="otra@correo.example"' in back.text
    assert "Paso 1 de 2" in back.text


def test_nothing_or_too_much_is_refused_in_words(visitor, place):
    link = visitor.order_link(7001, "withdrawal")
    ticket = ticket_in(visitor.get(link))

    for quantity, said in (("0", "Elige al menos un artículo"), ("2", "más unidades"), ("x", "más unidades")):
        page = visitor.post(
            link, data={"line-1": quantity, "name": "N", "email": "", "act": "check", "ticket": ticket}
        )
        assert (page.status_code, said in page.text) == (422, True)
    assert rows(place, CaseRow) == []


def test_a_withdrawal_confirmed_twice_is_one_case_and_the_order_then_says_so(visitor, place):
    link = visitor.order_link(7001, "withdrawal")
    second = visitor.post(
        link,
        data={
            "line-1": "1",
            "name": "N",
            "email": "",
            "act": "check",
            "ticket": ticket_in(visitor.get(link)),
        },
    )
    again = {"line-1": "1", "name": "N", "email": "", "act": "confirm", "ticket": ticket_in(second)}
    for _ in range(2):
        assert visitor.post(link, data=again).status_code in {200, 422}

    assert len(rows(place, CaseRow)) == 1
    assert "Ya has desistido de todo este pedido" in visitor.get(link).text


def test_a_ticket_opens_a_case_of_its_own_by_each_form(visitor, place):
    ticket = ticket_in(visitor.get("/complaint"))
    complaint = {
        "kind": "claim",
        "topic": "product",
        "text": "Rota.",
        "name": "N",
        "email": "n@correo.example",
    }
    visitor.post("/complaint", data=complaint | {"ticket": ticket})
    guest = visitor.post("/withdrawal", data=GUEST | {"act": "confirm", "ticket": ticket})
    link = visitor.order_link(7002, "withdrawal")
    linked = visitor.post(link, data={"line-2": "1", "name": "N", "act": "confirm", "ticket": ticket})

    told, guests, mine = rows(place, CaseRow)
    assert [case.family for case in (told, guests, mine)] == ["complaint", "return", "return"]
    for secret in (told.key, told.number, guests.key, guests.number):
        assert secret not in guest.text + linked.text
    assert mine.key in linked.text


def seen(page):
    """What a guest sees, without the address of the page itself."""
    return re.sub(r"/receipt/[^?]+", "", unescape(page.text))


def test_a_guest_cannot_tell_whether_there_is_such_an_order_or_a_withdrawal_from_it(visitor, place):
    _, known = confirm(visitor, "/withdrawal", **GUEST)
    _, stranger = confirm(visitor, "/withdrawal", **GUEST | {"email": "alguien@client.example"})
    _, again = confirm(visitor, "/withdrawal", **GUEST | {"scope": "some", "goods": "otra cosa"})

    assert seen(stranger) == seen(known)
    assert "otra cosa" in again.text
    found = rows(place, CaseRow)
    assert [case.order_id for case in found] == [1, None, 1]
    for secret in ("Tassa", *(case.key for case in found), *(case.number for case in found)):
        assert secret not in known.text + stranger.text + again.text


def test_a_guests_part_in_words_waits_for_a_person_and_its_money_has_a_clock(visitor, place):
    second, done = confirm(visitor, "/withdrawal", **GUEST | {"scope": "some", "goods": "una taza azul"})

    (case,) = rows(place, CaseRow)
    assert "en cuanto a: una taza azul." in second.text
    assert "una taza azul" in done.text
    assert (case.order_id, case.state) == (1, "acknowledged")
    assert rows(place, ReturnLineRow) == []
    assert "R-WDR-REF" in {row.rule_id for row in rows(place, ClockRow, case_id=case.id)}


def test_a_name_that_turns_the_direction_of_what_follows_is_kept_without_its_tricks(visitor, place):
    _, done = confirm(
        visitor, "/withdrawal", **GUEST | {"name": "Núria\u202e <b>soleR\u2066\r\nBcc: x@y.example"}
    )

    (case,) = rows(place, CaseRow)
    assert case.name == "Núria <b>soleR Bcc: x@y.example"
    assert "<b>soleR" not in done.text


def test_what_a_guest_leaves_out_is_said_beside_its_field(visitor, place):
    page = visitor.post("/withdrawal", data={"scope": "some", "act": "check"})

    assert page.status_code == 422
    for field in ("order", "goods", "name", "email"):
        assert f'<a href="#{field}">' in page.text


def test_what_may_be_excepted_can_be_chosen_and_says_that_a_person_decides(visitor, place, monkeypatch):
    for module in (windows, declarations):
        monkeypatch.setattr(module, "exemption", lambda *_: "e")
    form = visitor.get(visitor.order_link(7001, "withdrawal"))
    assert "art. 103.e" in form.text
    assert re.search(r'<option value="0">0</option>\s*<option value="1">1</option>', form.text)

    chosen = {"line-1": "1", "name": "Núria", "act": "confirm", "ticket": ticket_in(form)}
    visitor.post(visitor.order_link(7001, "withdrawal"), data=chosen)
    (case,) = rows(place, CaseRow)
    assert case.state == "acknowledged"
