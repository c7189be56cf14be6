"""What readers would stumble over needs a version that says so; what we ship keeps to it."""

from dataclasses import replace

import pytest

from postventa.contract_changes import Weight, breaking, changes, releases
from postventa.contracts import Kind, contract, contract_names

OLD = contract("message_ledger")


def with_columns(made, version=OLD.version):
    table = replace(OLD.table, columns=tuple(made))
    return replace(OLD, tables=(table,), version=version)


def altered(number, **more):
    columns = list(OLD.columns)
    columns[number] = replace(columns[number], **more)
    return columns


FIRST = OLD.columns[0].name
LOOSE = next(number for number, one in enumerate(OLD.columns) if one.is_required and one.key_position is None)
BREAKS = {
    f"The column {FIRST} was taken out.": OLD.columns[1:],
    f"{FIRST} was {OLD.columns[0].kind}, and it is boolean.": altered(0, kind=Kind.BOOLEAN),
    f"{FIRST} was in {OLD.columns[0].unit or 'no unit'}, and it is in parsecs.": altered(0, unit="parsecs"),
    f"{OLD.columns[LOOSE].name} may be empty now.": altered(LOOSE, is_required=False),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_what_breaks_a_reader_needs_a_new_major_version(sentence):
    columns = BREAKS[sentence]
    for version in (OLD.version, "1.9.0", "0.9.0"):
        assert sentence in [one.what for one in breaking(OLD, with_columns(columns, version))]
    assert breaking(OLD, with_columns(columns, "2.0.0")) == []


def test_another_key_breaks():
    key = next(number for number, one in enumerate(OLD.columns) if one.key_position is not None)
    assert any(
        "The key was" in one.what for one in breaking(OLD, with_columns(altered(key, key_position=None)))
    )


def test_a_new_column_needs_a_minor_version_and_other_words_a_patch():
    more = [*OLD.columns, replace(OLD.columns[-1], name="again", key_position=None)]
    (found,) = breaking(OLD, with_columns(more))
    assert (found.weight, found.what) == (Weight.MINOR, "The column again is new.")
    assert breaking(OLD, with_columns(more, "1.1.0")) == []
    (said,) = breaking(OLD, with_columns(altered(0, meaning="Otherwise.")))
    assert (said.weight, said.what) == (Weight.PATCH, f"What {FIRST} means is said in other words.")
    assert breaking(OLD, with_columns(altered(0, meaning="Otherwise."), "1.0.1")) == []
    assert changes(OLD, OLD) == []


def test_a_promise_that_is_withdrawn_breaks():
    table = replace(OLD.table, rules=tuple(rule for rule in OLD.rules if rule.id != "key_unique"))
    (found,) = breaking(OLD, replace(OLD, tables=(table,)))
    assert found.what.startswith("No longer promised: No two rows share")


@pytest.mark.parametrize("name", contract_names())
def test_nothing_that_was_released_is_broken(name):
    assert [one.what for old in releases(name)[-1:] for one in breaking(old, contract(name))] == []
