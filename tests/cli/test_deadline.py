"""`postventa deadline` and `postventa law diff`, as an operator and a script meet them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from a_toml import as_toml

from postventa.law import SHIPPED
from postventa.settings import ENVIRONMENT_KEY
from postventa.store import migrate
from postventa.store.cases import CaseRow
from postventa.store.clocks import ClockRow
from postventa.store.database import open_store

FILED = "2026-11-02T09:00:00+01:00"
NEAR = ("--zone", "Europe/Madrid")


def test_a_clock_is_computed_without_a_configuration(ask_anywhere):
    answer = ask_anywhere("deadline", "R-CMP-ANS", FILED, *NEAR, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["rule_id"] == "R-CMP-ANS"
    assert answer.json["article"] == "LGDCU 21.3 (Ley 10/2025 DF3.dos)"
    assert answer.json["last_valid_instant"] == "2026-11-17T23:59:59+01:00"
    assert answer.json["due_at"] == "2026-11-17T23:00:00+00:00"
    assert "15 natural days lead to Tuesday 17 November 2026" in answer.json["working"]


def test_it_is_readable_without_json(ask_anywhere):
    said = ask_anywhere("deadline", "R-ORD-ACK", "2026-10-24T20:00:00+02:00", *NEAR).out
    assert said.startswith("R-ORD-ACK: Acknowledge the order (LSSI 28.1.a)\n")
    assert "2026-10-25T19:00:00+01:00" in said
    assert "24 hours pass" in said


def test_the_last_of_several_parcels_counts(ask_anywhere):
    parcels = ("2026-12-01T12:00:00+01:00", "2026-11-26T12:00:00+01:00")
    answer = ask_anywhere("deadline", "R-WDR-PER", *parcels, *NEAR, "--json")
    assert answer.json["last_valid_instant"] == "2026-12-15T23:59:59+01:00"


def test_the_regions_and_the_towns_holidays_lengthen_a_right(ask_anywhere):
    ask = ("deadline", "R-WDR-PER", "2026-11-21T12:00:00+01:00", "--json")
    assert ask_anywhere(*ask, *NEAR).json["last_day"] == "2026-12-07"
    assert ask_anywhere(*ask, "--region", "ES-CB").json["last_day"] == "2026-12-09"
    local = ask_anywhere(*ask, *NEAR, "--holiday", "2026-12-07", "--holiday", "2026-12-09").json
    assert local["last_day"] == "2026-12-10"


def test_without_a_zone_the_cautious_one_counts_and_a_region_says_it(ask_anywhere):
    late = ("deadline", "R-CMP-ANS", "2026-11-21T23:30:00Z", "--json")
    assert ask_anywhere(*late).json["last_valid_instant"] == "2026-12-06T23:59:59+00:00"
    assert ask_anywhere(*late, "--region", "ES-CT").json["last_valid_instant"] == "2026-12-07T23:59:59+01:00"
    assert ask_anywhere(*late, "--region", "ES-CN").json["zone"] == "Atlantic/Canary"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["R-CMP-ANSW", FILED], 1, "there is no rule R-CMP-ANSW: did you mean R-CMP-ANS or"),
        (
            ["R-CMP-ANS-L", FILED],
            1,
            "R-CMP-ANS-L is not in force on 2026-11-02: it is in force from 2026-12-28",
        ),
        (
            ["R-CMP-NOPROMO", FILED],
            1,
            "R-CMP-NOPROMO (LGDCU 21.2 para 3) sets no period that could be counted",
        ),
        (["R-CMP-REG-CB", "2100-12-28T12:00:00Z"], 1, "the holidays of ES in 2101 are not known"),
        (["R-CMP-ANS", "9999-12-28T12:00:00Z"], 1, "beyond the calendar"),
        (["R-CMP-ANS", FILED, "--region", "ES-XX"], 1, "no calendar for the region ES-XX"),
        (["R-CMP-ANS"], 2, "say when R-CMP-ANS began"),
        (["R-CMP-ANS", "2026-11-02T09:00:00"], 2, "has no zone"),
        (["R-CMP-ANS", FILED, "--zone", "Europe/Madird"], 2, "'Europe/Madird' is not a time zone"),
        (["R-CMP-ANS", FILED, "--zone", "../etc"], 2, "is not a time zone"),
        (["R-CMP-ANS", FILED, "--holiday", "24/9"], 2, "--holiday 24/9 is not a day"),
    ],
)
def test_what_cannot_be_computed_is_said_in_one_line(ask_anywhere, words, code, sentence):
    answer = ask_anywhere("deadline", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert sentence in answer.err


# --- with a configuration ---

CASE = {
    "shop": "tienda",
    "family": "complaint",
    "number": "R-2026-000001",
    "key": "ABCD",
    "order_id": None,
    "customer_id": None,
    **dict.fromkeys(("name", "email", "phone", "zone", "source_ref"), ""),
    "language": "es",
    "region": "ES-CT",
    "source": "web",
    "state": "open",
    "owner": None,
    "opened_at": datetime.fromisoformat(FILED).astimezone(UTC),
    "recorded_at": datetime.fromisoformat(FILED).astimezone(UTC),
    "closed_at": None,
    "log_length": 0,
    "log_head": "",
}
CLOCK = {
    "subject": "case:1",
    "order_id": None,
    "shop": "tienda",
    "rule_id": "R-CMP-ANS",
    "occasion": "",
    "article": "",
    "severity": "minor",
    "is_statutory": True,
    "is_shadow": False,
    "direction": "trader_duty",
    "region": "ES-CT",
    "zone": "Europe/Madrid",
    "started_at": datetime.fromisoformat(FILED).astimezone(UTC),
    "due_at": datetime(2026, 11, 17, 23, tzinfo=UTC),
    "working": "",
    "state": "running",
    **dict.fromkeys(("paused_at", "ended_at", "next_at", "amount")),
    "currency": "EUR",
}


@pytest.fixture
def ask_here(ask_anywhere, configuration, tmp_path, monkeypatch):
    """A shop with one complaint whose clock runs, and a promise of its own."""
    (tmp_path / "ours").mkdir()
    promise = (
        '[[rule]]\nrule_id = "P-1"\ntitle = "Answer"\ntrigger = "complaint.received"\nlength = 4\n'
        'unit = "business_hour"\ncounting = "BH"\ndirection = "trader_duty"\narticle = "our terms"\n'
    )
    (tmp_path / "ours/promises.toml").write_text(promise, encoding="utf-8")
    (tmp_path / "configured").mkdir()
    path = tmp_path / "configured/postventa.toml"
    configuration["store"] = {"url": f"sqlite:///{tmp_path / 'postventa.db'}"}
    configuration["policy"] = {
        "rules": str(tmp_path / "ours"),
        "local_holidays": {"ES-CT": [date(2026, 12, 7)]},
    }
    path.write_text(as_toml(configuration), encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT_KEY, str(path))
    store = open_store(configuration["store"]["url"])
    migrate.upgrade(store)
    with store.begin() as connection:
        case_id = connection.execute(
            CaseRow.__table__.insert().returning(CaseRow.__table__.c.id), CASE
        ).scalar_one()
        connection.execute(ClockRow.__table__.insert(), {**CLOCK, "case_id": case_id})
    yield ask_anywhere
    store.dispose()
    open_store.cache_clear()


def shortened(folder: Path) -> Path:
    """The law of the State about complaints, with ten days for fifteen."""
    folder.mkdir()
    text = (SHIPPED / "es_complaints.toml").read_text("utf-8")
    assert text.count('length = 15\nunit = "day"') == 1
    (folder / "es_complaints.toml").write_text(
        text.replace('length = 15\nunit = "day"', 'length = 10\nunit = "day"')
    )
    return folder


def test_a_shops_own_promise_is_a_clock_like_any_other(ask_here):
    answer = ask_here("deadline", "P-1", FILED, *NEAR, "--json")
    assert answer.json["last_valid_instant"] == "2026-11-02T13:00:00+01:00"


def test_open_hours_are_those_of_the_desk_wherever_the_customer_lives(ask_here):
    answer = ask_here("deadline", "P-1", FILED, "--region", "ES-CN", "--json")
    assert answer.json["last_valid_instant"] == "2026-11-02T13:00:00+01:00"


def test_the_towns_holidays_that_are_configured_lengthen_a_right_there_and_nowhere_else(ask_here):
    ask = ("deadline", "R-WDR-PER", "2026-11-21T12:00:00+01:00", *NEAR, "--json")
    assert ask_here(*ask, "--region", "ES-CT").json["last_day"] == "2026-12-09"
    assert ask_here(*ask, "--region", "ES-CT", "--holiday", "2026-12-09").json["last_day"] == "2026-12-10"
    assert ask_here(*ask, "--region", "ES-GA").json["last_day"] == "2026-12-07"


def test_a_shorter_period_shows_the_clocks_it_moves(ask_here, tmp_path):
    shorter = str(shortened(tmp_path / "new"))
    answer = ask_here(
        "law", "diff", str(SHIPPED / "es_complaints.toml"), shorter, "--json", "--now", "2026-11-13T09:00:00Z"
    )
    (change,) = answer.json["changes"]
    (moved,) = answer.json["moved_clocks"]
    assert change["fields"] == {"length": {"old": "15", "new": "10"}}
    assert (moved["rule_id"], moved["case_id"]) == ("R-CMP-ANS", 1)
    assert moved["due_at"] == "2026-11-17T23:00:00+00:00"
    assert moved["will_be_due_at"] == "2026-11-12T23:00:00+00:00"
    assert (answer.json["open_clocks"], answer.json["past_at_once"]) == (1, 1)


def test_the_difference_is_readable_without_json(ask_here, tmp_path):
    shorter = str(shortened(tmp_path / "new"))
    said = ask_here("law", "diff", str(SHIPPED / "es_complaints.toml"), shorter, "--now", FILED).out
    assert "changed  R-CMP-ANS from 2025-12-28  length: 15 -> 10" in said
    assert "Of 1 clocks that run, 1 would move; past at once: 0." in said
    assert "case 1" in said


def test_a_whole_folder_against_itself_moves_nothing(ask_here):
    assert ask_here("law", "diff", "shipped", str(SHIPPED)).out == "The two say the same.\n"


def test_without_a_configuration_only_the_rules_are_compared(ask_anywhere, tmp_path):
    answer = ask_anywhere("law", "diff", "shipped", str(shortened(tmp_path / "new")))
    assert "removed  R-WDR-PER" in answer.out
    assert "Without a configuration no open clock was looked at" in answer.out


def test_a_pack_that_is_not_there_is_named(ask_anywhere, tmp_path):
    answer = ask_anywhere("law", "diff", "shipped", str(tmp_path / "nowhere"))
    assert answer.code == 1
    assert "nowhere" in answer.err


def test_every_rule_is_listed_a_promise_too(ask_here):
    listed = {row["rule"] for row in ask_here("law", "list", "--json").json}
    assert {"P-1", "R-CMP-ANS", "R-DP-DSR"} <= listed
    assert (
        "| P-1 | Answer | 4 hours | open hours | duty | our practice | our terms | high |"
        in ask_here("law", "list").out
    )
