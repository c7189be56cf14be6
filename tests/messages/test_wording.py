import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_currency, get_currency_precision

from postventa import wording


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        ("1234.50", "EUR", "es", "1.234,50\xa0€"),
        ("1234.5", "EUR", "ca", "1.234,50\xa0€"),
        ("1234.50", "EUR", "en_GB", "€1,234.50"),
        ("0", "EUR", "es", "0,00\xa0€"),
        ("-0.00", "EUR", "es", "0,00\xa0€"),
        ("-20", "EUR", "es", "−20,00\xa0€"),
        ("-20", "EUR", "en_GB", "−€20.00"),
        ("99.90", "GBP", "en_GB", "£99.90"),
        ("99.90", "USD", "en_GB", "US$99.90"),
        ("1234", "JPY", "en_GB", "JP¥1,234"),
        ("1234.50", "JPY", "es", "1.234,50\xa0JPY"),
        ("1.2345", "KWD", "en_GB", "KWD\xa01.235"),
        ("10", "XBT", "es", "10,00\xa0XBT"),
    ],
)
def test_money_is_written_as_the_customer_writes_it(amount, currency, locale, written):
    assert wording.money_in(currency, locale)(Decimal(amount)) == written


def test_half_a_cent_is_rounded_up_as_shops_do_it():
    assert wording.money_in("EUR", "en_GB")(Decimal("0.125")) == "€0.13"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("es", "lunes, 16 de noviembre de 2026"),
        ("ca", "dilluns, 16 de novembre del 2026"),
        ("en_GB", "Monday, 16 November 2026"),
    ],
)
def test_dates_are_long_and_name_the_day_of_the_week(locale, written):
    assert wording.long_date_in(locale)(date(2026, 11, 16)) == written


def test_times_are_told_in_the_zone_they_carry():
    at = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert wording.moment_in("es")(at) == "lunes, 16 de noviembre de 2026, 23:30 (UTC)"
    assert (
        wording.moment_in("es")(at.astimezone(ZoneInfo("Europe/Madrid")))
        == "martes, 17 de noviembre de 2026, 0:30 (CET)"
    )
    assert wording.moment_in("es")(at.astimezone(ZoneInfo("America/Sao_Paulo"))).endswith("20:30 (GMT-03:00)")


@pytest.mark.parametrize(
    ("amount", "written"), [("2", "2"), ("2.00", "2"), ("1.50", "1,5"), ("0.125", "0,125"), ("1E+1", "10")]
)
def test_quantities_have_no_trailing_zeros(amount, written):
    assert wording.quantity_in("es")(Decimal(amount)) == written


@pytest.mark.parametrize("locale", ["es", "ca", "en_GB", "de_CH", "pl", "hi"])
@pytest.mark.parametrize("currency", ["EUR", "USD", "JPY", "KWD"])
def test_money_is_written_as_babel_writes_it(locale, currency):
    digits = get_currency_precision(currency)
    money = wording.money_in(currency, locale)
    for cents in (0, 1, 99, 100, 99_999, 100_000, 999_999, 1_000_000, 123_456_789, -123_456):
        amount = Decimal(cents).scaleb(-digits)
        babel = format_currency(amount, currency, locale=locale).replace("-", "−")
        assert money(amount) == re.sub(r"([A-Z])(\d)", "\\1\xa0\\2", babel)
