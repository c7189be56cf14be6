"""The configuration: every mistake is named by its key, and no secret is ever in it."""

import re
from datetime import UTC, date, datetime

import pytest
from a_toml import as_toml

from postventa.settings import (
    ENVIRONMENT_KEY,
    BadConfiguration,
    read_settings,
    secret,
    settings_from,
    settings_path,
)


def refusal(written) -> str:
    with pytest.raises(BadConfiguration) as refused:
        settings_from(written, "postventa.toml")
    return str(refused.value)


def test_a_configuration_is_read_into_one_frozen_object(configuration, tmp_path):
    path = tmp_path / "postventa.toml"
    path.write_text(as_toml(configuration), encoding="utf-8")
    settings = read_settings(path)
    assert settings.shop("tienda").backfill_since == datetime(2026, 11, 1, tzinfo=UTC)
    assert settings.channels["email"].sender == "Tienda Ejemplo <pedidos@tienda.example>"
    assert str(settings.shop("tienda").zone) == "Europe/Madrid"
    with pytest.raises(ValueError, match="frozen"):
        settings.company.email = "otra@tienda.example"


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("company", "tax_idd"),
        ("policy", "stale_days"),
        ("store", "dsn"),
        ("shops.tienda", "secret"),
        ("carriers.dhl", "key"),
        ("channels.email", "password"),
    ],
)
def test_a_key_that_nobody_knows_is_named_in_full(configuration, section, key):
    table = configuration
    for name in section.split("."):
        table = table.setdefault(name, {})
    table[key] = "s3cret"
    said = refusal(configuration)
    meant = {"tax_idd": ": tax_id?", "password": ": password_env?"}.get(key, "")
    assert said == f"postventa.toml: {section}.{key} is not a key that postventa knows{meant}"


def test_a_language_without_messages_names_those_there_are(configuration):
    configuration["shops"]["tienda"]["language"] = "fr"
    assert "shops.tienda.language is 'fr', and messages are there in ca, en, es" in refusal(configuration)


@pytest.mark.parametrize("written", [date(2026, 11, 1), "yesterday", datetime(2026, 11, 1)])
def test_a_day_that_is_no_instant_is_shown_how_to_write_one(configuration, written):
    configuration["shops"]["tienda"]["backfill_since"] = written
    assert "backfill_since is " in (said := refusal(configuration))
    assert said.endswith("as 2026-11-01T00:00:00Z")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        *(("company", key) for key in ("legal_name", "tax_id", "address", "email", "phone", "registry")),
        *(("shops.tienda", key) for key in ("platform", "url", "key_env", "backfill_since")),
        *(("carriers.dhl", key) for key in ("adapter", "url", "key_env")),
        ("channels.email", "adapter"),
        ("channels.email", "from"),
    ],
)
def test_a_key_that_is_missing_is_named_in_full(configuration, section, key):
    table = configuration
    for name in section.split("."):
        table = table[name]
    del table[key]
    assert refusal(configuration) == f"postventa.toml: {section}.{key} is missing"


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [
        ("shops.tienda", "url", "tienda.example", "must start with http:// or https://"),
        ("shops.tienda", "timezone", "Europe/Barcelona", "IANA time zone"),
        ("shops.tienda", "language", "spanish", "pattern"),
        ("shops.tienda", "backfill_since", datetime(2026, 11, 1), "with its zone"),
        ("shops.tienda", "requests_per_second", 0, "greater than 0"),
        ("shops.tienda", "statuses", {"empaquetado": "packed"}, "ready_to_ship"),
        ("carriers.dhl", "connections", 99, "less than or equal to 32"),
        ("channels.email", "port", 70000, "65535"),
        ("channels.email", "security", "ssl", "starttls"),
        ("channels.email", "adapter", "pigeon", "smtp"),
        ("company", "legal_name", "", "at least 1 character"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(configuration, section, key, value, expected):
    table = configuration
    for name in section.split("."):
        table = table[name]
    table[key] = value
    said = refusal(configuration)
    assert f"{section}.{key}" in said
    assert expected in said


def test_several_mistakes_are_said_at_once(configuration):
    del configuration["company"]["phone"]
    configuration["company"]["fax"] = "1"
    assert {"company.phone", "company.fax"} <= set(re.findall(r"company\.\w+", refusal(configuration)))


@pytest.mark.parametrize(
    ("key", "value"), [("default_carrier", "correos"), ("carriers", {"Correos Exprés": "correos"})]
)
def test_a_carrier_that_is_named_must_be_there(configuration, key, value):
    configuration["shops"]["tienda"][key] = value
    said = refusal(configuration)
    assert f"shops.tienda.{key}" in said
    assert "[carriers.correos]" in said


def test_a_shop_or_carrier_that_is_not_configured_is_said_to_be_missing(settings):
    with pytest.raises(BadConfiguration, match=r"\[shops\.otra\]"):
        settings.shop("otra")
    with pytest.raises(BadConfiguration, match=r"\[carriers\.otro\]"):
        settings.carrier("otro")
    assert settings.carrier("dhl").adapter == "dhl"


def test_a_shops_word_for_a_carrier_is_found_without_regard_to_case(configuration):
    configuration["shops"]["tienda"]["carriers"] = {"DHL Parcel Iberia": "dhl"}
    configuration["shops"]["tienda"]["default_carrier"] = ""
    settings = settings_from(configuration)
    shop = settings.shop("tienda")
    assert settings.carrier_for(shop, " dhl parcel IBERIA ") == "dhl"
    assert settings.carrier_for(shop, "DHL") == "dhl"
    assert settings.carrier_for(shop, "Correos") is None


def test_the_default_carrier_is_asked_about_parcels_of_no_named_carrier(settings):
    assert settings.carrier_for(settings.shop("tienda"), "") == "dhl"


def test_the_configuration_is_where_it_is_named_then_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv(ENVIRONMENT_KEY, raising=False)
    assert str(settings_path()) == "postventa.toml"
    monkeypatch.setenv(ENVIRONMENT_KEY, str(tmp_path / "a.toml"))
    assert settings_path() == tmp_path / "a.toml"
    assert settings_path(tmp_path / "b.toml") == tmp_path / "b.toml"


def test_a_configuration_that_is_not_there_says_how_to_write_one(tmp_path):
    with pytest.raises(BadConfiguration, match="postventa init"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"[store", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "postventa.toml"
    path.write_bytes(content)
    with pytest.raises(BadConfiguration, match="is not TOML"):
        read_settings(path)


def test_a_secret_is_fetched_from_the_environment_or_named(monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret")
    assert secret("A_KEY", "shops.tienda") == "s3cret"
    monkeypatch.setenv("A_KEY", "")
    with pytest.raises(BadConfiguration, match=r"shops\.tienda needs .* A_KEY"):
        secret("A_KEY", "shops.tienda")


def test_a_channel_that_never_opens_is_refused(configuration):
    configuration["channels"]["email"] |= {"opens": "21:00:00", "closes": "09:00:00"}
    with pytest.raises(BadConfiguration, match=r"channels\.email must open before it closes"):
        settings_from(configuration)
