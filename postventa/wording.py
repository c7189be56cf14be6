"""Money, dates and quantities as a customer reads them in their language.

Formatting one amount costs as much as rendering half a mail, and shops sell the same things at the same prices
all day: so each function here answers a formatter for one language that remembers what it has written.
"""

import re
from collections.abc import Callable
from copy import copy
from datetime import date, datetime, time
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_gmt
from babel.numbers import NumberPattern, format_decimal, get_currency_precision

_LETTER_BESIDE_DIGIT = re.compile(r"([A-Z])(\d)")
_MILLIONS = re.compile(r"(?P<before>\D*)1(?P<group>\D*)234(?P=group)567(?:(?P<point>\D)8\d*)?(?P<after>\D*)")
_MINUS = "\N{MINUS SIGN}"


@cache
def money_in(currency: str, locale: str) -> Callable[[Decimal], str]:
    """Writes `1.234,50 €`: the currency's own digits, except that cents which the shop charges are never hidden."""
    precision = get_currency_precision(currency)
    usual, with_cents = (_figures_in(currency, locale, digits) for digits in (precision, precision or 2))

    @lru_cache(maxsize=8192)
    def money(amount: Decimal) -> str:
        digits, figures = precision, usual
        if precision == 0 and amount != amount.to_integral_value():
            digits, figures = 2, with_cents
        rounded = (
            amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0
        )  # + 0: no minus zero
        return _LETTER_BESIDE_DIGIT.sub("\\1\N{NO-BREAK SPACE}\\2", figures(rounded)).replace("-", _MINUS)

    return money


@cache
def coin_of(currency: str) -> Decimal:
    """The smallest amount that is paid in it: a cent, or a whole yen."""
    return Decimal(1).scaleb(-min(get_currency_precision(currency), 2))


@cache
def quantity_in(locale: str) -> Callable[[Decimal], str]:
    """Writes `2`, not `2.00`; `1,5`."""

    @lru_cache(maxsize=1024)
    def quantity(amount: Decimal) -> str:
        return format_decimal(amount, format="#,##0.######", locale=_locale(locale)).replace("-", _MINUS)

    return quantity


@cache
def percent_in(locale: str) -> Callable[[Decimal], str]:
    """Writes `5,2 %`; in English `5.2%`."""
    number, gap = quantity_in(locale), "" if _locale(locale).percent_formats[None].suffix[0] == "%" else " "
    return lambda percent: f"{number(percent)}{gap}%"


@cache
def country_in(locale: str) -> Callable[[str], str]:
    """Writes `España` for `ES`; what is no country's code stays as it came."""
    names = _locale(locale).territories
    return lambda code: str(names.get(code.upper(), code))


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


def _figures_in(currency: str, locale: str, digits: int) -> Callable[[Decimal], str]:
    """Writes amounts as Babel does, which is asked only once how a large one and a small one look."""
    pattern: NumberPattern = copy(_locale(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)

    def by_babel(amount: Decimal) -> str:
        return pattern.apply(amount, _locale(locale), currency=currency, currency_digits=False)  # type: ignore[no-any-return]  # Babel tells no types here

    seen = _MILLIONS.fullmatch(
        by_babel(Decimal("1234567.89").quantize(Decimal(1).scaleb(-digits), ROUND_DOWN))
    )
    if seen is None:  # figures that are not ours, or are not grouped by three
        return by_babel
    before, group, point, after = seen["before"], seen["group"], seen["point"] or "", seen["after"]
    marks = str.maketrans({",": group, ".": point})
    is_grouped_from = 1000 if group in by_babel(Decimal(1234)) and group else 10_000

    def at_once(amount: Decimal) -> str:
        if amount < 0:
            return by_babel(amount)
        figures = f"{amount:,f}" if amount >= is_grouped_from else f"{amount:f}"
        return before + figures.translate(marks) + after

    return at_once


def _locale(name: str) -> Locale:
    return Locale.parse(name)
