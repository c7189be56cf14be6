"""`postventa consent`: what the desk hears by telephone, and what it can see of anybody."""

import json

import pytest
from a_toml import as_toml

from postventa import cli
from postventa.settings import ENVIRONMENT_KEY
from postventa.store import migrate
from postventa.store.database import open_store

NOW = "2026-11-10T09:00:00+00:00"


@pytest.fixture
def consent(configuration, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("POSTVENTA_WEB_SECRET", "a-secret-that-only-these-tests-sign-with")
    configuration["store"] = {"url": f"sqlite:///{tmp_path / 'p.db'}"}
    path = tmp_path / "postventa.toml"
    path.write_text(as_toml(configuration), encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT_KEY, str(path))
    engine = open_store(configuration["store"]["url"])
    migrate.upgrade(engine)

    def ask(*words, code=0):
        who = () if "--phone" in words else ("--email", "Ana@correo.example")
        assert cli.run(["consent", *words, *who, "--json", "--now", NOW]) == code
        told = capsys.readouterr()
        return json.loads(told.out) if told.out else told.err

    yield ask
    engine.dispose()
    open_store.cache_clear()


def test_the_desk_records_a_no_and_later_a_yes(consent):
    assert consent("show")["may_be_sent"] == {"relationship": "none", "commercial": "none"}
    no = consent("object", "--scope", "commercial")
    assert no == {"reference": "O-2026-000001", "is_new": True, "is_confirmed": False}
    assert consent("object", "--scope", "commercial")["is_new"] is False
    assert consent("show")["suppressed"] == ["commercial"]
    yes = consent("record", "--wording", "2026-02", "--said", "2026-11-10T08:59:00+00:00")
    assert yes["may_be_sent"] == {"relationship": "consent", "commercial": "objected"}


def test_nobodys_address_is_shown_or_kept(consent):
    consent("object")
    told = consent("show")
    assert "correo.example" not in json.dumps(told)
    assert [row["reference"] for row in told["said"]] == ["O-2026-000001"]


def test_a_wrong_scope_or_a_yes_of_tomorrow_is_refused(consent):
    assert "--scope is one of" in consent("object", "--scope", "sms", code=2)
    assert "has not come yet" in consent(
        "record", "--wording", "1", "--said", "2026-11-11T09:00:00+00:00", code=2
    )


def test_the_desk_records_that_a_number_wants_no_texts(consent):
    no = consent("object", "--phone", "+34 600 000 001")
    assert no == {"reference": "O-2026-000001", "is_new": True, "is_confirmed": False}
    assert "is no mobile number" in consent("object", "--phone", "600000001", code=2)
    assert consent("object", "--phone", "+34600000001")["is_new"] is False
    assert consent("show")["suppressed"] == []
