"""Money, dates and quantities as a customer reads them in their language.

Formatting one amount costs as much as rendering half a mail, and shops sell the same things at the same prices
all day: so each function here answers a formatter for one language that remembers what it has written.
"""

import re
from collections.abc import Callable
from copy import copy
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt
from babel.numbers import NumberPattern, format_decimal, get_currency_precision

_LETTER_BESIDE_DIGIT = re.compile(r"([A-Z])(\d)")
_MINUS = "\N{MINUS SIGN}"


@cache
def money_in(currency: str, locale: str) -> Callable[[Decimal], str]:
    """Writes `1.234,50 €`: the currency's own digits, except that cents which the shop charges are never hidden."""
    precision = get_currency_precision(currency)
    usual, with_cents = (_pattern(locale, digits) for digits in (precision, precision or 2))

    @lru_cache(maxsize=8192)
    def money(amount: Decimal) -> str:
        digits, pattern = precision, usual
        if precision == 0 and amount != amount.to_integral_value():
            digits, pattern = 2, with_cents
        rounded = (
            amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0
        )  # + 0: no minus zero
        written: str = pattern.apply(rounded, _locale(locale), currency=currency, currency_digits=False)
        return _LETTER_BESIDE_DIGIT.sub("\\1\N{NO-BREAK SPACE}\\2", written).replace("-", _MINUS)

    return money


@cache
def quantity_in(locale: str) -> Callable[[Decimal], str]:
    """Writes `2`, not `2.00`; `1,5`."""

    @lru_cache(maxsize=1024)
    def quantity(amount: Decimal) -> str:
        return format_decimal(amount, format="#,##0.######", locale=_locale(locale)).replace("-", _MINUS)

    return quantity


@cache
def long_date_in(locale: str) -> Callable[[date], str]:
    """Writes `lunes, 16 de noviembre de 2026`."""

    @lru_cache(maxsize=1024)
    def long_date(day: date) -> str:
        return format_date(day, "full", locale=_locale(locale))

    return long_date


@cache
def moment_in(locale: str) -> Callable[[datetime], str]:
    """Writes `lunes, 16 de noviembre de 2026, 9:05 (CET)`, in the zone that the instant carries."""
    long_date = long_date_in(locale)

    @lru_cache(maxsize=1440)
    def clock_time(at: time) -> str:
        return format_time(at, "short", locale=_locale(locale))

    def moment(at: datetime) -> str:
        zone = at.tzname() or ""
        if not zone.isalpha():  # zones without letters call themselves "-03", which reads like a typing error
            zone = get_timezone_gmt(at, locale=_locale(locale))
        return f"{long_date(at.date())}, {clock_time(at.time().replace(second=0, microsecond=0))} ({zone})"

    return moment


def _pattern(locale: str, digits: int) -> NumberPattern:
    pattern: NumberPattern = copy(_locale(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def _locale(name: str) -> Locale:
    return Locale.parse(name)
