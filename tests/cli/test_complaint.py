"""`postventa complaint`: the desk files, asks, answers, closes and opens again, in sentences and in JSON."""

import io

import pytest
from a_toml import as_toml

from postventa.settings import ENVIRONMENT_KEY

MORNING, NEXT_DAY, LATE = "2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z", "2026-12-20T09:00:00Z"
REASON = "La foto enseña el golpe del camión: mañana sale otra caja hacia Girona."


@pytest.fixture
def desk(ask_anywhere, configuration, tmp_path, monkeypatch):
    """The command line of a shop whose desk has two people and no complaint yet."""
    people = {name: {"name": name.title(), "email": f"{name}@tienda.example"} for name in ("ana", "pau")}
    configuration |= {
        "store": {"url": f"sqlite:///{tmp_path / 'postventa.db'}"},
        "files": {"path": str(tmp_path / "files")},
        "desk": {"owner": "ana", "people": people},
        "adr": {"entity": "Junta Arbitral", "url": "https://adr.example"},
    }
    path = tmp_path / "postventa.toml"
    path.write_text(as_toml(configuration), encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT_KEY, str(path))
    assert ask_anywhere("db", "upgrade").code == 0
    return lambda *words: ask_anywhere("complaint", *words)


def open_one(desk, *more, now=MORNING):
    words = ("--kind", "claim", "--text", "La caja llegó rota", "--email", "nuria@client.example")
    return desk("open", *words, "--now", now, *more)


def test_a_complaint_lives_from_the_telephone_to_its_answer(desk):
    opened = open_one(desk)
    assert opened.code == 0
    assert opened.out.startswith("R-2026-000001 is filed, with the key ")
    assert "Answer it by 2026-11-17. The receipt goes with the next run" in opened.out
    assert "R-2026-000001 was filed before" in open_one(desk).out
    assert "is owned by pau" in desk("take", "R-2026-000001", "--by", "pau", "--now", NEXT_DAY).out
    held = desk("hold", "r-2026-000001", "--text", "Hemos preguntado", "--by", "pau", "--now", NEXT_DAY)
    assert held.out == "R-2026-000001 goes on; its customer is told how things stand.\n"
    points = ("points", "R-2026-000001", "--point", "Caja rota", "--point", "Nadie contesta", "--by", "ana")
    assert "raises 2 points" in desk(*points, "--now", NEXT_DAY).out
    other = "Llamaste en domingo, y el teléfono abre de lunes a viernes."
    answer = ("answer", "R-2026-000001", "--outcome", "upheld", "--by", "ana", "--now", NEXT_DAY)
    assert desk(*answer, "--reason", REASON, "--reason", other).out == "R-2026-000001 is answered: upheld.\n"
    assert (
        desk("close", "R-2026-000001", "--by", "ana", "--now", NEXT_DAY).out == "R-2026-000001 is closed.\n"
    )
    reopen = ("reopen", "R-2026-000001", "--text", "Sigue rota", "--by", "ana", "--now", LATE, "--json")
    document = desk(*reopen).json
    assert (document["state"], document["answer_by"]) == ("reopened", "2027-01-04")
    shown = desk("show", "R-2026-000001").out
    for said in (
        "R-2026-000001 (claim, other) of tienda, about no order: reopened, owned by pau.",
        "Hemos preguntado",
        REASON,
        "R-CMP-ANS, LGDCU 21.3 (Ley 10/2025 DF3.dos): met, last day 2026-11-17",
        "R-CMP-ANS (reopened:1)",
        "15 natural days lead to",
        "complaint_reopened: waiting",
    ):
        assert said in shown, said
    rules = {clock["rule_id"] for clock in desk("show", "R-2026-000001", "--json").json["clocks"]}
    assert {"R-CMP-ANS", "R-CMP-ADR-MAX", "R-CMP-ADR-YEAR"} <= rules


def test_what_was_asked_for_and_never_came_settles_only_after_its_time(desk, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("<p>1. La caja</p><p>2. La taza</p>"))
    opened = desk("open", "--text", "-", "--received", "2026-11-01T12:00:00Z", "--now", MORNING)
    assert "There is no e-mail address: give the customer number and key" in opened.out
    asked = desk("ask", "R-2026-000001", "--text", "Una foto", "--by", "ana", "--now", MORNING)
    assert "waits for its customer until 2026-11-1" in asked.out
    early = desk("close", "R-2026-000001", "--by", "ana", "--no-reply", "--now", NEXT_DAY)
    assert (early.code, "the customer has time until" in early.err) == (1, True)
    late = desk("close", "R-2026-000001", "--by", "ana", "--no-reply", "--now", LATE, "--json")
    assert (late.json["state"], late.json["outcome"]) == ("resolved", "no_reply_from_customer")
    assert [point["text"] for point in late.json["points"]] == ["La caja", "La taza"]


WRONG = (
    (("close", "R-2026-000001", "--by", "ana"), 1, "no complaint is closed without one"),
    (("close", "R-2026-000001", "--by", "ana", "--adr", "--withdrawn"), 2, "say one of"),
    (("take", "R-2026-000001", "--by", "eva"), 1, "no [desk.people.eva]"),
    (
        ("answer", "R-2026-000001", "--outcome", "upheld", "--reason", "Vale", "--by", "ana"),
        1,
        "too short",
    ),
    (("answer", "R-2026-000001", "--outcome", "fine", "--reason", "x", "--by", "ana"), 2, "fine"),
    (("show", "R-2026-000009"), 1, "there is no one complaint R-2026-000009"),
    (("open", "--text", "x", "--order", "77"), 1, "there is no order 77"),
    (("open", "--text", "x", "--shop", "otra"), 1, "no [shops.otra]"),
    (("open", "--text", "  "), 2, "there are no words in it"),
    (
        ("open", "--text", "x", "--received", "2027-01-01T00:00:00Z", "--now", MORNING),
        2,
        "has not come yet",
    ),
    (("open",), 2, "--text"),
)


def test_what_cannot_be_done_is_said_in_one_line(desk):
    open_one(desk)
    for words, code, said in WRONG:
        answer = desk(*words)
        assert (answer.code, answer.err.count("\n")) == (code, 1), words
        assert said in answer.err
