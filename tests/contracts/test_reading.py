"""A contract is read whole or not at all: what nobody would check is refused by file and element."""

import copy
from datetime import date, timedelta

import pytest
import yaml

from postventa.contract_reading import read_contract
from postventa.contract_terms import ContractError
from postventa.contracts import contract, contract_names, try_rules
from postventa.shipped import shipped

BASE = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "postventa-small",
    "name": "small",
    "version": "1.2.0",
    "status": "active",
    "description": {"purpose": "To be read."},
    "schema": [
        {
            "name": "small",
            "properties": [
                {
                    "name": "day",
                    "logicalType": "date",
                    "required": True,
                    "primaryKey": True,
                    "description": "A day.",
                },
                {"name": "sent", "logicalType": "integer", "description": "How many."},
                {"name": "word", "logicalType": "string", "description": "A word."},
            ],
        }
    ],
    "slaProperties": [
        {"property": "freshness", "value": 26, "unit": "h", "element": "small"},
        {"property": "retention", "value": 3, "unit": "y", "element": "small.day"},
    ],
}


def read(tmp_path, change=lambda document: None):
    document = copy.deepcopy(BASE)
    change(document)
    path = tmp_path / "small.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return read_contract(path)


def quality(column, **rule):
    def change(document):
        table = document["schema"][0]
        owner = table if column is None else table["properties"][column]
        owner["quality"] = [{"id": "a_rule", "description": "A promise."} | rule]

    return change


def options(column, **said):
    return lambda document: document["schema"][0]["properties"][column].update(logicalTypeOptions=said)


def of(path, **said):
    def change(document):
        node = document
        for step in path:
            node = node[step]
        node.update(said)

    return change


DAY, SENT, WORD = range(3)
PROPERTY = ("schema", 0, "properties", SENT)
REFUSED = {
    "an element of nobody's": (of((), colour="blue"), r"^small\.odcs\.yaml: colour is no element"),
    "an element of the standard that nothing is made of": (of(PROPERTY, encryptedName="x"), r"schema\[small\]\.properties\[sent\]\.encryptedName is no element"),
    "one deep inside": (quality(SENT, metric="nullValues", mustBe=0, scheduler="cron"), r"quality\[a_rule\]\.scheduler is no"),
    "another standard": (of((), apiVersion="v2.2.2"), "apiVersion must be v3.1.0"),
    "a version of two numbers": (of((), version="1.0"), "version must be three numbers"),
    "a column without a meaning": (of(PROPERTY, description=" "), r"properties\[sent\]\.description is missing"),
    "a type of nobody's": (of(PROPERTY, logicalType="money"), "logicalType must be one of"),
    "a float said to be exact": (of(PROPERTY, physicalType="bigint"), "physicalType is only for exact numbers"),
    "a key that may be empty": (of(PROPERTY, primaryKey=True, primaryKeyPosition=2), "required must be true"),
    "a key that counts wrongly": (of(PROPERTY, primaryKey=True, primaryKeyPosition=5, required=True), "must count 1, 2, 3"),
    "a custom property of another name": (of(PROPERTY, customProperties=[{"property": "owner", "value": "x"}]), "may name a unit"),
    "an option of another type": (options(SENT, pattern="^a$"), r"logicalTypeOptions\.pattern is no option of a integer"),
    "a range with nothing in it": (options(SENT, minimum=5, maximum=4), "is impossible: nothing lies between 5 and 4"),
    "a range that leaves out its only number": (options(SENT, minimum=5, exclusiveMaximum=5), "is impossible"),
    "a minimum of another type": (options(DAY, minimum="yesterday"), "must be written as 2026-01-31"),
    "a length with nothing in it": (options(WORD, minLength=3, maxLength=2), "is impossible: minLength 3"),
    "a pattern for a part of the text": (options(WORD, pattern="a|b"), "must begin with"),
    "a pattern that engines read differently": (options(WORD, pattern=r"^\d+$"), "must begin with"),
    "a pattern that is none": (options(WORD, pattern="^([a]$"), "is no regular expression"),
    "a metric of nobody's": (quality(SENT, metric="mean", mustBe=0), "metric must be one of nullValues"),
    "a rule that nobody can check": (quality(None, type="text"), "nobody can check a text"),
    "a rule of another engine": (quality(None, type="custom", engine="soda", implementation="x"), "engine must be greatExpectations"),
    "an unknown expectation": (quality(None, type="custom", engine="greatExpectations", implementation={"type": "expect_wonders", "kwargs": {}}), "write everything else as type: sql"),
    "an unknown column in a pair": (
        quality(None, type="custom", engine="greatExpectations", implementation={"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "day", "column_B": "night"}}),
        "names 'night', and there is no such column",
    ),
    "a pair of a day and a number": (
        quality(None, type="custom", engine="greatExpectations", implementation={"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "day", "column_B": "sent"}}),
        "compares a date with a integer",
    ),
    "an unknown column among those that are unique": (quality(None, metric="duplicateValues", mustBe=0, arguments={"properties": ["night"]}), "names 'night'"),
    "a valid value of another type": (quality(SENT, metric="invalidValues", mustBe=0, arguments={"validValues": ["one"]}), "must be a integer"),
    "no valid values": (quality(WORD, metric="invalidValues", mustBe=0, arguments={"validValues": []}), "a list that is not empty"),
    "an unknown argument": (quality(WORD, metric="nullValues", mustBe=0, arguments={"tolerance": 1}), r"arguments\.tolerance is not understood"),
    "no bound": (quality(WORD, metric="nullValues"), "must say once what it comes to"),
    "two bounds": (quality(WORD, metric="nullValues", mustBe=0, mustBeLessThan=3), "must say once"),
    "fewer than no rows": (quality(WORD, metric="nullValues", mustBe=-1), "is impossible: no number of rows"),
    "more than all rows": (quality(WORD, metric="nullValues", mustBeGreaterThan=100, unit="percent"), "is impossible"),
    "a bound the wrong way round": (quality(None, type="sql", query="SELECT 1 FROM {object}", mustBeBetween=[3, 1]), "is impossible: 3 is above 1"),
    "a severity of nobody's": (quality(WORD, metric="nullValues", mustBe=0, severity="fatal"), "severity must be one of"),
    "a dimension of nobody's": (quality(WORD, metric="nullValues", mustBe=0, dimension="beauty"), "dimension must be one of"),
    "a query without its table": (quality(None, type="sql", query="DROP TABLE x", mustBe=0), "must be one SELECT over"),
    "two rules of one name": (lambda document: (quality(WORD, metric="nullValues", mustBe=0)(document), quality(SENT, metric="nullValues", mustBe=0)(document)), "has two rules called a_rule"),
    "a service level of nobody's": (of(("slaProperties", 0), property="beauty"), "must be one of freshness"),
    "a service level of no column": (of(("slaProperties", 1), element="small.night"), "there is no such table or column"),
    "a service level in moons": (of(("slaProperties", 0), unit="moons"), "unit must be h or d"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_it_is_refused(tmp_path, wrong):
    change, sentence = REFUSED[wrong]
    with pytest.raises(ContractError, match=sentence) as refused:
        read(tmp_path, change)
    assert str(refused.value).startswith("small.odcs.yaml: ")


def test_a_key_that_stands_twice_is_refused_and_so_is_what_is_no_yaml(tmp_path):
    path = tmp_path / "twice.odcs.yaml"
    path.write_text("name: a\nname: b\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"twice\.odcs\.yaml: is no YAML: 'name' stands twice"):
        read_contract(path)
    path.write_text("[a, b", encoding="utf-8")
    with pytest.raises(ContractError, match="is no YAML"):
        read_contract(path)
    with pytest.raises(ContractError, match="there is no contract"):
        read_contract(tmp_path / "none.odcs.yaml")


def test_what_is_written_is_what_is_read(tmp_path):
    found = read(tmp_path, options(SENT, minimum=0, exclusiveMaximum=10))
    assert (found.version, found.major, found.key) == ("1.2.0", 1, ("day",))
    assert [rule.id for rule in found.rules] == ["day_required", "sent_range", "key_unique"]
    assert found.rules[1].sentence == "sent is at least 0 and below 10."
    assert found.sla.freshness == timedelta(hours=26)
    assert found.sla.kept_from(date(2028, 2, 29)) == date(2025, 2, 28)


def test_a_rule_over_a_column_that_is_not_there_is_found_without_data(tmp_path):
    found = read(
        tmp_path, quality(None, type="sql", query="SELECT COUNT(*) FROM {object} WHERE night > 1", mustBe=0)
    )
    with pytest.raises(ContractError, match=r"small\.odcs\.yaml: the rule a_rule cannot be checked"):
        try_rules(found)


def test_a_dataset_is_called_as_its_file_is(tmp_path):
    read(tmp_path)
    assert contract("small", tmp_path).name == "small"
    (tmp_path / "small.odcs.yaml").rename(tmp_path / "large.odcs.yaml")
    with pytest.raises(
        ContractError, match=r"large\.odcs\.yaml: name and its one schema must be called large"
    ):
        contract("large", tmp_path)


def test_every_contract_of_ours_is_sound():
    assert "message_ledger" in contract_names()
    for name in contract_names():
        try_rules(contract(name))
    for path in shipped("data_contracts").glob("*/*.odcs.yaml"):
        read_contract(path)


def test_every_inbound_contract_is_named_where_people_look_for_them():
    folder = shipped("data_contracts")
    said = (folder / "README.md").read_text(encoding="utf-8")
    there = [path.relative_to(folder).as_posix() for path in folder.glob("inbound/*.odcs.yaml")]
    assert [name for name in there if f"[{name}]({name})" not in said] == []
