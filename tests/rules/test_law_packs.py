"""The rules of law as data: complete, dated, checked as they are read; and the shop's own promises beside them."""

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from some_rules import MADRID, in_madrid

from postventa.law import SHIPPED, BadLaw, law_pack, read_pack
from postventa.law_table import table
from postventa.rules.deadlines import Counting, Default, Direction, applicable, rule_in_force

LAW = law_pack("ES")
STATUTES = list(csv.DictReader(Path(__file__).with_name("statutes.csv").read_text("utf-8").splitlines()))
"""What each rule was read to say in November 2026, before anybody wrote it as TOML."""
TODAY = in_madrid("2027-01-04T12:00:00")
A_PROMISE = """
[[rule]]
rule_id = "P-ANSWER"
title = "Answer a question"
trigger = "complaint.received"
length = 8
unit = "business_hour"
counting = "BH"
direction = "trader_duty"
article = "our terms, 4"
may_pause = true
escalate_at = [50, 80]
office = { opens = 10:00:00, closes = 19:00:00, weekdays = [1, 2, 3, 4, 5, 6], zone = "Europe/Madrid" }
"""


def written(folder: Path, text: str, name="own.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def changed(old: str, new: str) -> str:
    assert old in A_PROMISE
    return A_PROMISE.replace(old, new)


@pytest.mark.parametrize("row", STATUTES, ids=lambda row: row["rule_id"])
def test_every_rule_is_in_the_pack_as_it_was_read(row):
    rule = rule_in_force(LAW, row["rule_id"], TODAY, MADRID)
    assert rule.counting == row["method"].partition("+")[0]
    assert rule.is_trader_duty == (row["dir"] == "T")
    if rule.has_period:
        assert str(rule.length) == row["n"]
        if rule.length:
            assert rule.unit == row["unit"]
    since = row["effective_from"]
    assert since == "current" or rule.effective_from == date.fromisoformat(since)
    assert (rule.scope == "large") == (row["applies"] == "large")


def test_there_are_sixty_five_of_them():
    assert len(STATUTES) == 65


def test_a_rule_without_a_source_is_no_law():
    for rule in LAW:
        assert rule.article, rule.rule_id
        assert rule.title, rule.rule_id
        assert rule.jurisdiction in {"ES", "EU"}, rule.rule_id


def test_what_changed_in_time_is_there_in_both_versions():
    versions = Counter(rule.rule_id for rule in LAW)
    twice = {name for name, count in versions.items() if count == 2}
    assert twice == {
        *("R-CMP-ANS", "R-CON-3Y", "R-CON-PRES"),
        *("R-CMP-NOCLOSE", "R-CMP-FIX", "R-CMP-REASON", "R-CMP-LANG", "R-SRV-INC"),
    }
    assert max(versions.values()) == 2


def test_the_month_of_dispute_resolution_cannot_be_turned_off():
    rule = rule_in_force(LAW, "R-CMP-ADR-MAX", TODAY, MADRID)
    assert rule.default is Default.LOCKED
    assert rule.severity == "serious"


def test_the_union_has_its_own_pack_and_it_is_part_of_spains():
    union = law_pack("EU")
    assert {rule.rule_id for rule in union} == {
        "R-CMP-ODR",
        "R-CON-REPAIR12",
        "R-DP-DSR",
        "R-DP-EXT",
        "R-WDR-FN",
    }
    assert set(union) < set(LAW)


def test_a_jurisdiction_without_rules_is_refused():
    with pytest.raises(BadLaw, match="no rules for the jurisdiction 'PT': known are ES, EU"):
        law_pack("PT")


def test_a_pack_is_read_once():
    assert law_pack("ES") is law_pack("ES")


# --- the shop's own promises ---


def test_a_promise_bites_beside_the_law_and_is_none(tmp_path):
    rules = law_pack("ES", written(tmp_path, A_PROMISE))
    bites = {rule.rule_id for rule in applicable(rules, "complaint.received", TODAY, zone=MADRID)}
    assert {"P-ANSWER", "R-CMP-ANS", "R-CMP-ADR-MAX"} <= bites
    promise = rule_in_force(rules, "P-ANSWER", TODAY, MADRID)
    assert not promise.is_statutory
    assert promise.counting is Counting.OFFICE_HOURS
    assert promise.direction is Direction.TRADER_DUTY
    assert promise.office.weekdays == {1, 2, 3, 4, 5, 6}
    assert promise.office.zone == MADRID


def test_a_promise_cannot_replace_the_law(tmp_path):
    with pytest.raises(BadLaw, match=r"R-CMP-ANS: rule_id is the law's"):
        law_pack("ES", written(tmp_path, changed("P-ANSWER", "R-CMP-ANS")))


def test_a_promise_cannot_pose_as_law(tmp_path):
    with pytest.raises(BadLaw, match="P-ANSWER: jurisdiction belongs to the law"):
        law_pack("ES", written(tmp_path, 'jurisdiction = "ES"\n' + changed("may_pause = true", "")))
    with pytest.raises(BadLaw, match="is_statutory: only a file with a jurisdiction"):
        read_pack(written(tmp_path, changed("may_pause = true", "is_statutory = true")))


def test_a_promise_that_nothing_would_ever_start_is_refused(tmp_path):
    with pytest.raises(
        BadLaw, match=r"P-ANSWER: trigger: nothing is ever told of 'complaint\.recieved': known are"
    ):
        law_pack("ES", written(tmp_path, changed("complaint.received", "complaint.recieved")))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadLaw, match=r"policy\.rules names .*nowhere"):
        law_pack("ES", tmp_path / "nowhere")


def test_a_folder_without_rules_is_named(tmp_path):
    with pytest.raises(BadLaw, match="holds no TOML file"):
        read_pack(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rule = [", "own.toml is not TOML"),
        ('country = "ES"' + A_PROMISE, "own.toml: country is not a key of a pack"),
        (changed("length = 8", "lenght = 8"), "own.toml: P-ANSWER: lenght is not a key of a rule"),
        (changed('title = "Answer a question"\n', ""), "own.toml: P-ANSWER: title: Field required"),
        (changed('rule_id = "P-ANSWER"\n', ""), "own.toml: rule number 1: rule_id: Field required"),
        (changed('"trader_duty"', '"ours"'), "P-ANSWER: direction: should be"),
        (changed("P-ANSWER", "P" * 33), "rule_id: must have at most 32 characters"),
        (changed("our terms", "our terms" * 30), "P-ANSWER: article: must have at most 200 characters"),
        (changed("length = 8", "length = 0"), "P-ANSWER: length: must be there and above 0"),
        (changed("length = 8", ""), "P-ANSWER: length: must be there"),
        (changed('"BH"', '"NONE"'), "P-ANSWER: length: must be left out"),
        (changed('"business_hour"', '"day"'), "P-ANSWER: unit: must be one of business_hour"),
        (changed("[50, 80]", "[80, 50]"), "P-ANSWER: escalate_at: must be rising"),
        (changed("[50, 80]", "[50, 100]"), "P-ANSWER: escalate_at: must be rising"),
        (
            changed("closes = 19:00:00", "closes = 09:00:00"),
            "P-ANSWER: office: needs weekdays and an opening",
        ),
        (changed("[1, 2, 3, 4, 5, 6]", "[]"), "P-ANSWER: office: needs weekdays"),
        (changed("may_pause = true", 'region = "ES-CT"'), "P-ANSWER: region: belongs to scope region"),
        (changed("may_pause = true", 'scope = "region"'), "P-ANSWER: region: belongs to scope region"),
        (
            changed("may_pause = true", "effective_from = 2027-01-01\neffective_until = 2027-01-01"),
            "P-ANSWER: effective_until: must come after",
        ),
        ('jurisdiction = "ES"' + A_PROMISE, "P-ANSWER: may_pause: a duty of the law never pauses"),
        (
            changed('"BH"', '"BACK"').replace('"business_hour"', '"day"'),
            "P-ANSWER: may_pause: nothing counted backwards",
        ),
        (
            changed('"complaint.received"', '"withdrawal.informed"') + 'met_by = "reply"\n',
            "P-ANSWER: met_by: only a promise about complaint.received",
        ),
        (A_PROMISE + A_PROMISE, "P-ANSWER: effective_from or effective_until lets two versions"),
    ],
)
def test_a_bad_pack_names_file_rule_and_key(tmp_path, text, sentence):
    with pytest.raises(BadLaw) as refused:
        read_pack(written(tmp_path, text))
    assert sentence in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_two_versions_that_follow_each_other_are_no_mistake(tmp_path):
    until, since = (f"may_pause = true\n{key} = 2027-01-01" for key in ("effective_until", "effective_from"))
    text = changed("may_pause = true", until) + changed("may_pause = true", since)
    assert len(read_pack(written(tmp_path, text))) == 2


def test_one_file_is_a_pack_too():
    assert {rule.jurisdiction for rule in read_pack(SHIPPED / "eu.toml")} == {"EU"}


# --- what the document says ---

CLOCKS = Path(__file__).parents[2] / "docs/clocks.md"


def test_the_table_in_the_document_is_the_law_as_it_is_counted():
    assert table(LAW) in CLOCKS.read_text("utf-8"), "copy the table from `postventa law list`"


def test_the_promise_in_the_document_can_be_made(tmp_path):
    (promise,) = re.findall(r"```toml\n(.*?)```", CLOCKS.read_text("utf-8"), re.DOTALL)
    (rule,) = read_pack(written(tmp_path, promise))
    assert rule in law_pack("ES", tmp_path)


def test_the_document_names_every_way_to_count():
    text = CLOCKS.read_text("utf-8")
    assert [one for one in Counting if f"`{one}`" not in text] == []


def test_the_document_says_what_starts_each_clock_and_the_code_knows_that_event():
    """A rule is told to have a clock where, and only where, something here starts it."""
    told = dict(
        re.findall(r"^\| (R-[\w-]+) \| (none|[^|]*\(`[\w.]+`\)) \|", CLOCKS.read_text("utf-8"), re.MULTILINE)
    )
    assert set(told) == {rule.rule_id for rule in LAW}
    code = "\n".join(path.read_text("utf-8") for path in SHIPPED.parents[1].glob("*.py"))
    for rule in LAW:
        is_started = (
            rule.has_period
            and rule.default is not Default.OFF
            and f'"{rule.trigger}"' in code
            and "." in rule.trigger
        )
        wanted = f"(`{rule.trigger}`)" if is_started else "none"
        assert told[rule.rule_id].endswith(wanted), rule.rule_id
