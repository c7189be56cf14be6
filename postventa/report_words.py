"""How the managers' report says numbers, days and findings, in the desk's language."""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent

from postventa.cards import TEMPLATES, read_toml
from postventa.report_kpis import Kpi
from postventa.rules.satisfaction import Estimate
from postventa.wording import long_date_in, moment_in, money_in

FOLDER = "_report"
DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


class Words:
    """The report's texts in one language, from `templates/_report/<language>.toml`."""

    def __init__(self, language: str, carriers: dict[str, str] | None = None) -> None:
        self.language = language
        self._texts = _texts(language)
        self._locale = Locale.parse(self._texts["locale"])
        self.carriers = carriers or {}

    def __call__(self, key: str, **values: Any) -> str:
        """A text; where it counts one, its `_one` is taken if there is such."""
        one = f"{key}_one"
        chosen = one if values.get("n") == 1 and one in self._texts else key
        said = {name: self._said(name, value, values) for name, value in values.items()}
        return str(self._texts[chosen]).format(**said)

    def kpi(self, kpi: Kpi) -> str:
        """What a figure is called."""
        called = self(f"kpi_{kpi.key}")
        return called if kpi.is_main else f"{called}, {kpi.currency}"

    def value(self, kpi: Kpi) -> str:
        return self.whole(kpi.money, kpi.currency) if kpi.kind == "money" else self.figure(kpi.kind, kpi.now)

    def before(self, kpi: Kpi) -> str:
        if not kpi.has_before and not kpi.before.is_masked:
            return ""
        if kpi.kind == "money":
            return self.whole(kpi.money_before, kpi.currency)
        return self.figure(kpi.kind, kpi.before)

    def figure(self, kind: str, one: Estimate) -> str:
        """An estimate's value; where it is not shown, why."""
        if one.value is None:
            return self("too_few", band=one.band.replace("-", DASH)) if one.is_masked else self("none")
        return self._number(kind)(one.value)

    def interval(self, kind: str, one: Estimate) -> str:
        """`78–86 %`; empty where there is none."""
        if one.low is None or one.high is None:
            return ""
        low, high = self._number(kind)(one.low), self._number(kind)(one.high)
        if kind == "points":
            return self("from_to", low=low, high=high)
        return f"{low.removesuffix('%').rstrip()}{DASH}{high}"

    def change(self, kpi: Kpi) -> str:
        """By how much it moved, with its sign."""
        if not kpi.has_before:
            return "" if kpi.before.is_masked else self("no_before")
        if kpi.kind == "money":
            by = (kpi.money or Decimal(0)) - (kpi.money_before or Decimal(0))
            return _signed(by, lambda size: self.whole(size, kpi.currency))
        if kpi.now.value is None or kpi.before.value is None:
            return ""
        return self.moved(kpi.kind, kpi.now.value - kpi.before.value)

    def moved(self, kind: str, by: float) -> str:
        """`+3 puntos`: a share moves by points as the NPS does."""
        if kind == "share":
            return self("points", value=_signed(by * 100, lambda size: self.decimal(size, 0)))
        if kind == "points":
            return self("points", value=_signed(by, lambda size: self.decimal(size, 0)))
        return _signed(by, self._number(kind))

    def amount(self, amount: Decimal | None, currency: str) -> str:
        return "" if amount is None else money_in(currency, self._texts["locale"])(Decimal(amount))

    def whole(self, amount: Decimal | None, currency: str) -> str:
        """An amount without its cents, for comparing at a glance."""
        if amount is None:
            return ""
        pattern = copy(self._locale.currency_formats["standard"])
        pattern.frac_prec = (0, 0)
        said = pattern.apply(round(amount), self._locale, currency=currency, currency_digits=False)
        return str(said).replace("-", MINUS)

    def decimal(self, value: float, digits: int = 1) -> str:
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(round(value, digits) + 0, format=pattern, locale=self._locale).replace(
            "-", MINUS
        )

    def percent(self, share: float) -> str:
        return str(format_percent(share, locale=self._locale))

    def day(self, day: date) -> str:
        return format_date(day, "d MMM", locale=self._locale)

    def dated(self, day: date) -> str:
        return format_date(day, "medium", locale=self._locale)

    def long_day(self, day: date) -> str:
        return long_date_in(self._texts["locale"])(day)

    def span(self, first: date, last: date) -> str:
        """`5 oct – 1 nov 2026`."""
        return f"{format_skeleton('MMMd', first, locale=self._locale)} {DASH} {format_date(last, 'medium', locale=self._locale)}"

    def moment(self, at: datetime) -> str:
        return moment_in(self._texts["locale"])(at)

    def carrier(self, name: str) -> str:
        """What a carrier is called; some that are none have words of their own."""
        return self.carriers.get(name) or self._texts.get(f"carrier_{name}", name)

    def _number(self, kind: str) -> Callable[[float], str]:
        if kind == "share":
            return self.percent
        if kind == "points":
            return lambda value: _signed(value, lambda size: self.decimal(size, 0))
        if kind == "hours":
            return lambda value: self("hours", value=self.decimal(value, 0))
        return lambda value: self.decimal(value, 1 if kind == "score" else 0)

    def _said(self, name: str, value: Any, values: dict[str, Any]) -> str:
        match value:
            case Kpi():
                said = self.kpi(value)
            case Estimate():
                said = f"{self.percent(value.value or 0)} ({self.interval('share', value)})"
            case date():
                said = (
                    self.long_day(value)
                    if name == "night"
                    else format_date(value, "long", locale=self._locale)
                )
            case tuple():
                said = ", ".join(value)
            case _ if name == "amount":
                said = self.amount(value, values["currency"]) if values["currency"] else self("none")
            case _ if name == "carrier":
                said = self.carrier(value)
            case int():
                said = self.decimal(value, 0)
            case _:
                said = str(value)
        return said


def _signed(value: Any, written: Callable[[Any], str]) -> str:
    said = written(abs(value))
    if not any(char in "123456789" for char in said):
        return said
    return f"+{said}" if value > 0 else f"{MINUS}{said}"


@cache
def _texts(language: str) -> dict[str, str]:
    return read_toml(TEMPLATES / FOLDER / f"{language}.toml")
