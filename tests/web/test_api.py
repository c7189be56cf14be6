"""The JSON endpoint: closed without its key, one case for each reference, and a sentence for each field that is wrong."""

import re
from datetime import datetime, timedelta

import pytest
from a_visitor import rows

from postventa import clock
from postventa.store.cases import CaseRow
from postventa.store.returns import ReturnLineRow

COMPLAINT = {
    "reference": "crm-1",
    "kind": "complaint",
    "topic": "delivery",
    "text": "No ha llegado.",
    "name": "Núria Soler",
    "email": "nuria.7001@client.example",
    "order": "7001",
    "language": "ca",
}
WITHDRAWAL = {
    "reference": "crm-1",
    "order": "7001",
    "name": "Núria Soler",
    "email": "nuria.7001@client.example",
}


@pytest.fixture
def api(visitor):
    visitor.headers["X-Api-Key"] = "a key of the tests"
    return visitor


def test_a_reference_is_one_case_however_often_it_is_sent_and_each_kind_has_its_own(api, place):
    first, again = api.post("/api/complaints", json=COMPLAINT), api.post("/api/complaints", json=COMPLAINT)
    withdrawal = api.post("/api/withdrawals", json=WITHDRAWAL)

    assert (first.status_code, again.status_code, withdrawal.status_code) == (201, 200, 201)
    assert first.json()["is_new"]
    assert first.json() | {"is_new": False} == again.json()
    assert first.json()["answer_by"] == "2026-11-25"
    assert first.json()["status_url"].startswith("https://posventa.tienda.example/ayuda/case/")
    cases = rows(place, CaseRow)
    assert [(case.family, case.source, case.order_id) for case in cases] == [
        ("complaint", "api", 1),
        ("return", "api", 1),
    ]


def test_a_withdrawal_in_two_steps_records_nothing_before_it_is_confirmed_and_then_once(api, place):
    part = WITHDRAWAL | {"lines": {"70011": 1}, "reference": "two-steps"}
    step = api.post("/api/withdrawals/preview", json=part).json()

    assert rows(place, CaseRow) == []
    assert [(line["ref"], line["quantity"]) for line in step["lines"]] == [("70011", "1")]
    assert re.fullmatch(r"Desisto .* n\.º 7001 en cuanto a: 1 × .+\.", step["statement"])
    assert not step["is_decided_by_person"]
    confirmed = [
        api.post("/api/withdrawals/confirm", json={"confirmation": step["confirmation"]}) for _ in "12"
    ]
    assert [answer.status_code for answer in confirmed] == [201, 200]
    (case,) = rows(place, CaseRow)
    assert (case.number, case.source) == (confirmed[0].json()["number"], "api")
    assert [row.quantity for row in rows(place, ReturnLineRow)] == [1]


def test_a_confirmation_that_is_forged_or_old_records_nothing_and_says_so(api, place):
    step = api.post("/api/withdrawals/preview", json=WITHDRAWAL).json()
    forged = api.post("/api/withdrawals/confirm", json={"confirmation": step["confirmation"] + "x"})
    with clock.clock_set_to(datetime.fromisoformat(step["expires_at"]) + timedelta(seconds=2)):
        late = api.post("/api/withdrawals/confirm", json={"confirmation": step["confirmation"]})
    for answer in (forged, late):
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"confirmation"})
    nothing = api.post("/api/withdrawals/preview", json=WITHDRAWAL | {"lines": {"no-such-line": 1}})
    assert set(nothing.json()["errors"]) == {"lines"}
    stranger = api.post("/api/withdrawals/preview", json=WITHDRAWAL | {"email": "otra@client.example"}).json()
    assert (stranger["lines"], stranger["is_decided_by_person"]) == ([], True)
    assert rows(place, CaseRow) == []


def test_how_a_case_stands_is_told_by_its_number_without_its_key_or_its_customer(api):
    number = api.post("/api/complaints", json=COMPLAINT).json()["number"]
    told = api.get(f"/api/cases/{number}")

    assert told.json()["state"] == "received"
    assert {"key", "name", "email", "text"} & set(told.json()) == set()
    assert api.get("/api/cases/R-2026-999999").status_code == 404
    assert api.get(f"/api/cases/{number}", params={"shop": "tienda"}).json() == told.json()


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        ("complaints", {"email": "nobody", "text": " "}, {"email", "text"}),
        ("complaints", {"kind": "rant", "reference": ""}, {"kind", "reference"}),
        ("complaints", {"language": "xx"}, {"language"}),
        ("complaints", {"text": 7}, {"text"}),
        ("complaints", {"colour": "red"}, {"colour"}),
        ("withdrawals", {"order": "7" * 5_000, "phone": "6" * 500}, {"order", "phone"}),
        ("withdrawals", {"lines": {"70011": 0}}, {"lines.70011"}),
        ("withdrawals", {"lines": {"no-such-line": 1}}, {"lines"}),
    ],
)
def test_every_field_that_is_wrong_gets_a_sentence_in_the_callers_language(api, place, path, changes, said):
    good = COMPLAINT if path == "complaints" else WITHDRAWAL
    answer = api.post(f"/api/{path}", json=good | changes)

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == said
    assert rows(place, CaseRow) == []


def test_without_the_key_nothing_is_told(visitor, place):
    for key in ("", "another key", "ñ"):
        answer = visitor.post("/api/complaints", json=COMPLAINT, headers={"X-Api-Key": key.encode()})
        assert (answer.status_code, set(answer.json())) == (401, {"error"})
    assert visitor.get("/api/cases/R-2026-000001").status_code == 401
    assert rows(place, CaseRow) == []


def test_the_contract_shows_this_endpoint_and_no_page(visitor):
    contract = visitor.get("/api/openapi.json").json()

    assert set(contract["paths"]) == {
        *("/api/complaints", "/api/cases/{number}"),
        *("/api/withdrawals", "/api/withdrawals/preview", "/api/withdrawals/confirm"),
    }
    assert visitor.get("/docs").status_code == 404
