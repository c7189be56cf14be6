"""What a manager sees first: each finding with its sentence in every language, and silence where nothing is sure."""

import string
import tomllib
from datetime import UTC, date, datetime

import pytest

from postventa.datasets._manifest import Check, Dataset, Manifest, Partition
from postventa.report_figures import Figures
from postventa.report_findings import Column, findings_of
from postventa.report_kpis import kpis_of
from postventa.report_pages import SHOWN, said
from postventa.report_words import TEMPLATES, Words

NIGHT = date(2026, 10, 31)
LANGUAGES = ("ca", "en", "es")
SCORES = ("nps_n", "promoters", "detractors", "csat_n", "csat_hits", "easy_n", "easy_hits", "ces_sum")


def a_manifest(*checks, first=date(2026, 1, 1)):
    orders = Dataset(
        version="1.0.0",
        shape="",
        night=NIGHT,
        run="r",
        rows=9,
        partitions={first: Partition(rows=1), NIGHT: Partition(rows=8)},
    )
    return Manifest(
        run="r",
        night=NIGHT,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        code="1",
        datasets={"orders": orders},
        checks=checks,
    )


def some_answers(week, n, **more):
    counts = dict.fromkeys(SCORES, 0) | {"csat_n": n, "nps_n": n} | more
    return {"shop": "tienda", "carrier": "dhl", "week": week, **counts}


def some_parcels(week, carrier, hits, n):
    counts = {"parcels": n, "on_time_n": n, "on_time_hits": hits, "incidents": 0}
    return {"shop": "tienda", "carrier": carrier, "week": week, **counts}


def found(rows, *checks, first=date(2026, 1, 1), **more):
    figures = Figures(NIGHT, rows, first=first, **more)
    return findings_of(a_manifest(*checks, first=first), figures, kpis_of(figures))


def sentences(findings, column, language="en"):
    return said(findings, column, Words(language, {"dhl": "DHL"}))[0]


SOLD = {"orders": [{"shop": "tienda", "orders": 3, "that_day": 1, "week": 0}]}


@pytest.mark.parametrize(
    ("rows", "first", "sentence"),
    [
        (SOLD | {"orders": []}, date(2026, 1, 1), "Nothing was ordered on this day."),
        ({"orders": []}, None, "There has been no order yet."),
        (SOLD, NIGHT, "This is the shop's first day: there is nothing yet to compare it with."),
        (
            SOLD,
            date(2026, 10, 20),
            "The first day here is 20 October 2026: changes cannot be told until there are 56 days.",
        ),
        (
            SOLD | {"answers": [some_answers(0, 4)]},
            date(2026, 1, 1),
            "Fewer than five customers have answered in 28 days: their figures are hidden, so that nobody can be recognised.",
        ),
        (SOLD | {"answers": []}, date(2026, 1, 1), "No customer has answered in 28 days."),
    ],
)
def test_an_odd_day_is_explained_in_a_sentence(rows, first, sentence):
    assert sentences(found(rows, first=first or NIGHT) if first else _never(rows), Column.NOTE) == [sentence]


def _never(rows):
    figures = Figures(NIGHT, rows)
    return findings_of(a_manifest(), figures, kpis_of(figures))


def test_an_ordinary_day_needs_no_explanation():
    assert sentences(found(SOLD | {"answers": [some_answers(0, 40, csat_hits=30)]}), Column.NOTE) == []


def test_what_waits_for_a_person_is_named_with_its_number_its_day_and_its_money():
    risk = {"currency": "EUR", "open": 4, "amount": 90, "overdue": 1, "overdue_amount": 59.9}
    rows = {
        "open_complaints": [{"overdue": 2, "since": date(2026, 10, 3), "soon": 1}],
        "at_risk": [risk | {"twice": 1, "soon": 0, "soon_amount": None}],
        "messages": [
            {"outcome": "uncertain", "messages": 1, "week": 11},
            {"outcome": "failed", "messages": 3, "week": 0},
            {"outcome": "failed", "messages": 8, "week": 1},
        ],
    }
    assert sentences(found(rows), Column.TODAY) == [
        "2 complaints are past a deadline of the law, the first since 3 October 2026.",
        "1 complaint must be dealt with within two days.",
        "1 refund is overdue: €59.90.",
        "1 overdue refund may be claimed twice over.",
        "3 messages of the last week did not reach their readers.",
        "1 message may or may not have gone: somebody has to decide.",
    ]


def test_a_late_refund_of_which_nobody_knows_the_amount_is_named_all_the_same():
    risk = {"currency": None, "open": 0, "amount": None, "overdue": 1, "overdue_amount": None}
    rows = {"at_risk": [risk | {"twice": 0, "soon": 0, "soon_amount": None}]}
    assert sentences(found(rows), Column.TODAY) == ["1 refund is overdue: \N{EN DASH}."]


def test_a_change_is_good_or_bad_only_where_it_is_sure():
    rows = {"answers": [some_answers(0, 200, csat_hits=172), some_answers(5, 200, csat_hits=188)]}
    assert sentences(found(rows), Column.BAD) == ["CSAT of deliveries: worse, 86% after 94%."]
    rows = {"answers": [some_answers(0, 20, csat_hits=17), some_answers(5, 20, csat_hits=19)]}
    assert sentences(found(rows), Column.BAD) == []


def test_a_carrier_stands_out_where_it_clearly_differs_from_the_others():
    rows = {"parcels": [some_parcels(0, "dhl", 60, 100), some_parcels(1, "correos", 190, 200)]}
    assert sentences(found(rows), Column.BAD) == [
        "DHL is less often on time than the others: 60% (50\N{EN DASH}69%), they 95% (91\N{EN DASH}97%)."
    ]
    assert sentences(found(rows), Column.GOOD)[0].startswith("correos is more often on time")


def test_products_that_please_less_are_named_and_a_long_list_ends_with_how_many_more():
    bad = {"csat_n": 40, "csat_hits": 4, "reviews": 0, "stars": None, "good_reviews": 0}
    good = {
        "product": "p0",
        "csat_n": 4000,
        "csat_hits": 3800,
        "reviews": 0,
        "stars": None,
        "good_reviews": 0,
    }
    findings = found({"products": [good, *({"product": f"p{n}"} | bad for n in range(1, 9))]})
    shown, more = said(findings, Column.BAD, Words("en"))
    assert len(shown) == SHOWN
    assert shown[0].startswith("Orders with product p1 please less: 10%")
    assert more == "and 2 more"


def test_deadlines_that_were_all_met_are_good_and_one_missed_is_bad():
    ended = {"shop": "tienda", "complaints": 7, "met": 9, "missed": 0, "week": 2}
    assert sentences(found({"complaints": [ended]}), Column.GOOD)[0] == (
        "All 9 deadlines of complaints that ended were met."
    )
    assert sentences(found({"complaints": [ended | {"missed": 1}]}), Column.BAD) == [
        "1 of 10 deadlines of complaints was missed."
    ]


def test_a_dataset_that_is_not_there_is_said_and_one_never_published_is_for_today():
    never = Check(
        dataset="net_sales", rule="key_is_unique", passed=False, severity="error", sentence="A key is one."
    )
    findings = found(SOLD, never, not_there=("net_sales",))
    assert sentences(findings, Column.NOTE) == [
        "net_sales is not published, and what is made of it is missing here."
    ]
    assert sentences(findings, Column.TODAY) == [
        "net_sales was not published: A key is one (key_is_unique). There is nothing of it yet."
    ]
    assert sentences(findings, Column.GOOD) == []


def test_the_three_languages_have_the_same_texts_with_the_same_gaps():
    texts = {
        one: tomllib.loads((TEMPLATES / "_report" / f"{one}.toml").read_text("utf-8")) for one in LANGUAGES
    }
    gaps = {
        language: {
            key: {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for key, text in found_texts.items()
            if not key.endswith("_one")
        }
        for language, found_texts in texts.items()
    }
    assert gaps["ca"] == gaps["en"] == gaps["es"]
