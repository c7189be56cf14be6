"""The mail of a real month says what the report says, in the managers' language, and nothing of any customer."""

import json
from datetime import date

import pytest

from postventa.datasets._manifest import Check
from postventa.datasets._shelf import Shelf
from postventa.night_mail import facts_of_a_night, facts_of_no_night

pytestmark = pytest.mark.xdist_group("published-month")


def test_the_mail_has_the_reports_figures_and_what_waits_and_names_nobody(published_month):
    month, place, folder, manifest = published_month
    shelf = Shelf(str(folder))
    facts = facts_of_a_night(shelf, manifest, place.settings)
    told = json.loads((folder / "reports" / f"{manifest.night}.json").read_text(encoding="utf-8"))
    shown = {row["figure"]: row["last 28 days"] for row in told["kpis"]}
    assert len(facts["figures"]) > 5
    assert {figure["name"]: figure["value"] for figure in facts["figures"]}.items() <= shown.items()
    assert facts["is_good"] is (facts["today_count"] + facts["failed_count"] == 0)
    assert set(told["findings"]["today"][:2]) <= {*facts["today"], *facts["failed"]}
    assert all(link.startswith("file://") for link in facts["links"].values())
    said = json.dumps(facts, ensure_ascii=False)
    assert [secret for secret in month.never_published if secret in said] == []

    check = Check(dataset="net_sales", rule="never", passed=False, severity="error", sentence="Never so.")
    bad = facts_of_a_night(shelf, manifest.model_copy(update={"checks": (check,)}), place.settings)
    assert bad["failed_count"] == 1
    assert bad["failed"][0].startswith("net_sales")
    assert "Never so" in bad["failed"][0]


def test_a_night_of_which_nothing_came_says_what_everybody_still_has():
    facts = facts_of_no_night(date(2026, 11, 5), date(2026, 11, 4), ["The disk is full."])
    assert (facts["is_good"], facts["kept_on"], facts["failed"]) == (
        False,
        "2026-11-04",
        ["The disk is full."],
    )
