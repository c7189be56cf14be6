"""The two pages: everything a reader needs, in one file that loads nothing."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from postventa import cli
from postventa.contract_pages import dictionary, validation
from postventa.contracts import Result, Severity, contract, contract_names

LEDGER = contract("message_ledger")
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)


class _Loads(HTMLParser):
    """What a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        wanted = {"script", "img", "link", "iframe", "object", "source"}
        self.found += (
            [tag] if tag in wanted else [v for k, v in attrs if k == "src" or (k == "href" and v[:1] != "#")]
        )


def loads(page):
    reader = _Loads()
    reader.feed(page)
    return reader.found + re.findall(r"url\(|@import", page)


def outcome(rule, *, passed=True, severity=Severity.ERROR, observed=0):
    return Result(rule, passed, severity, f"The sentence of {rule}.", observed, 1200)


def test_the_dictionary_says_what_every_column_of_every_dataset_means():
    contracts = [contract(name) for name in contract_names()]
    page = dictionary(contracts)
    assert loads(page) == []
    for one in contracts:
        assert f'id="{one.name}"' in page
        assert all(f"<code>{column.name}</code>" in page for column in one.columns)
    assert "1.0.0" in page
    assert "The first version." in page
    assert '<html lang="en">' in page
    assert "@media print" in page


def test_the_page_of_last_night_says_what_was_not_published_and_why():
    results = {
        "good": [outcome("all_right")],
        "doubtful": [outcome("rather", passed=False, severity=Severity.WARNING, observed=7)],
        "bad": [outcome("key_unique", passed=False, observed=2), outcome("<b>", passed=False, observed=None)],
    }
    page = validation(results, run="run-1", at=NOON)
    assert loads(page) == []
    assert "2 of 3 datasets keep their contract. Not published: bad." in page
    assert "published, 1 warning" in page
    assert "The sentence of key_unique. Found 2." in page
    assert "Found nothing." in page
    assert "&lt;b&gt;" in page
    assert "<b>." not in page
    assert "Not published" not in validation({"good": results["good"]}, run="run-1", at=NOON)


def test_the_commands_read_every_contract(capsys, tmp_path):
    assert cli.run(["contracts", "lint"]) == 0
    assert " 0 wrong." in capsys.readouterr().out
    assert cli.run(["contracts", "breaking"]) == 0
    page = tmp_path / "dictionary.html"
    assert cli.run(["contracts", "show", "message_ledger", "--page", str(page)]) == 0
    assert f"message_ledger {LEDGER.version}" in capsys.readouterr().out
    assert "Data dictionary" in page.read_text(encoding="utf-8")
    assert cli.run(["contracts", "show", "wonders"]) == 1
    assert "there is no contract" in capsys.readouterr().err
