"""The report's charts of thirteen weeks, each with a sentence that says what it shows and the table behind it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from markupsafe import Markup

from postventa.report_charts import Unit, bars, steps, trend
from postventa.report_figures import Figures
from postventa.report_kpis import csat, main_first, nps, on_time
from postventa.report_words import Words
from postventa.rules.report import Week, weeks_until
from postventa.rules.satisfaction import Estimate

A_DAY = timedelta(days=1)
DASHES = "\N{EN DASH}"
GAP = "\N{NO-BREAK SPACE}" * 3
FUNNEL_DAYS = (41, 14)
"""Before the night: who has been delivered since is still being asked."""
_UNITS: Mapping[str, Unit] = {"complaints": "count", "sales": "money"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of words: the first cell of a row names it, the others are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, what it shows in a sentence, and the numbers behind it."""

    name: str
    title: str
    says: str
    drawing: Markup | None
    """None where there is nothing to draw."""
    table: Table | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What every chart is drawn from, the weeks from the first to the last."""

    figures: Figures
    words: Words
    weeks: Sequence[Week]


def charts(figures: Figures, words: Words) -> Iterator[Figure]:
    """The charts of thirteen weeks, as far as their datasets could be read."""
    weeks = tuple(reversed(weeks_until(figures.night)))
    sheet = _Sheet(figures, words, weeks)
    if "answers" in figures.rows:
        yield _trend(sheet, "nps", "points", nps)
        yield _trend(sheet, "csat", "share", csat)
    if "parcels" in figures.rows:
        yield _trend(sheet, "on_time", "share", on_time)
    if "complaints" in figures.rows:
        received = {week: figures.sums("complaints", [week.number]).get("complaints", 0) for week in weeks}
        title = words("chart_complaints")
        yield _bars(sheet, "complaints", title, received, lambda count: words.decimal(count, 0))
    for currency in main_first(figures, "sales")[:1]:
        net = {
            week: float(figures.sums("sales", [week.number], currency=currency).get("net", 0))
            for week in weeks
        }
        title = words("chart_sales", currency=currency)
        yield _bars(sheet, "sales", title, net, partial(_whole, words, currency))
    if "funnel" in figures.rows:
        yield _funnel(figures, words)


def _trend(sheet: _Sheet, name: str, unit: Unit, of: Callable[[Figures, list[int]], Estimate]) -> Figure:
    words, found = sheet.words, [(week, of(sheet.figures, [week.number])) for week in sheet.weeks]
    shown = [(week, one.value) for week, one in found if one.value is not None]
    table = Table(
        words(f"chart_{name}"),
        (words("week"), words("value"), words("interval"), words("answers")),
        tuple(
            (
                words.day(week.last),
                words.figure(unit, one),
                words.interval(unit, one),
                one.band.replace("-", DASHES) if one.n is None else words.decimal(one.n, 0),
            )
            for week, one in found
        ),
    )
    title = words(f"chart_{name}")
    if not shown:
        return Figure(name, title, words("said_nothing"), None, table)
    says = _extremes("said_trend", words, shown, lambda value: words.figure(unit, Estimate(0, "", value)))
    if len(shown) == 1:
        says = words("said_one", day=shown[0][0].last, value=words.figure(unit, Estimate(0, "", shown[0][1])))
    to_draw = in_hundredths if unit == "share" else _as_it_is
    rows = [{"label": words.day(week.last)} | to_draw(one) for week, one in found]
    return Figure(name, title, says, trend(name, says, rows, unit, words.figure(unit, found[-1][1])), table)


def _bars(
    sheet: _Sheet, name: str, title: str, values: Mapping[Week, float], written: Callable[[float], str]
) -> Figure:
    words, unit = sheet.words, _UNITS[name]
    rows = tuple((words.day(week.last), written(one)) for week, one in values.items())
    table = Table(title, (words("week"), words("value")), rows)
    if not any(values.values()):
        return Figure(name, title, words("said_no_bars"), None, table)
    says = _extremes("said_bars", words, list(values.items()), written)
    points = [{"label": words.day(week.last), "value": value} for week, value in values.items()]
    return Figure(name, title, says, bars(name, says, points, unit, rows[-1][1]), table)


def _funnel(figures: Figures, words: Words) -> Figure:
    found = figures.one("funnel")
    first, last = (words.day(figures.night - A_DAY * days) for days in FUNNEL_DAYS)
    title, whole = words("chart_funnel"), found.get("delivered") or 0
    if not whole:
        return Figure("funnel", title, words("said_no_funnel", first=first, last=last), None, None)
    kinds = ("delivered", "asked", "answered", "reviewed")
    said = {
        one: (words(one), words.decimal(found[one], 0), words.percent(found[one] / whole)) for one in kinds
    }
    rows = [
        {"label": name, "value": found[one], "all": whole, "said": GAP.join((name, count, part))}
        for one, (name, count, part) in said.items()
    ]
    says = words("said_funnel", first=first, last=last, **{one: found[one] for one in kinds})
    table = Table(title, (words("stage"), words("orders"), words("share")), tuple(said.values()))
    return Figure("funnel", title, says, steps("funnel", says, rows), table, words("note_funnel"))


def _extremes(
    key: str, words: Words, shown: Sequence[tuple[Week, float]], written: Callable[[float], str]
) -> str:
    low, high = min(shown, key=lambda one: one[1]), max(shown, key=lambda one: one[1])
    return words(
        key,
        low=written(low[1]),
        low_day=words.day(low[0].last),
        high=written(high[1]),
        high_day=words.day(high[0].last),
        last=written(shown[-1][1]),
    )


def _whole(words: Words, currency: str, amount: float) -> str:
    return words.whole(Decimal(f"{amount:.2f}"), currency)


def in_hundredths(one: Estimate) -> dict[str, float | None]:
    return {name: None if value is None else round(100 * value, 3) for name, value in _as_it_is(one).items()}


def _as_it_is(one: Estimate) -> dict[str, float | None]:
    return {"value": one.value, "low": one.low, "high": one.high}
