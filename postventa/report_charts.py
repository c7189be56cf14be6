"""The report's charts, drawn with Altair and turned into SVG by vl-convert, without a network and without a script.

Colours are the page's own custom properties, so a chart is dark where the page is; it is as wide as a telephone, so
that its letters keep their size everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import vl_convert
from markupsafe import Markup, escape

WIDTH, HEIGHT = 340, 150
COLOURS = {
    "#0e5f5a": "var(--accent)",
    "#20272e": "var(--ink)",
    "#59636e": "var(--muted)",
    "#e3e0d8": "var(--line)",
}
"""Stand-ins, for Vega takes no custom property; replaced when the chart is drawn."""
ACCENT, INK, MUTED, LINE = COLOURS
SMALL = 11
LINE_HEIGHT = 44
Unit = Literal["points", "share", "count", "money"]
_ENDS = re.compile(r'\b(id|clip-path|href)="(url\()?#?([\w-]+)(\))?"')
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"| class="[^"]*"(?= role)')
"""A chart is one picture with one description; what Vega says of its parts would be read aloud as well."""
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "aria": False,
    "font": "sans-serif",
    "padding": {"left": 2, "right": 12, "top": 10, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": SMALL,
        "gridColor": LINE,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "title": None,
    },
}

Row = Mapping[str, Any]
"""A point of a chart: its `label`, `value`, and `low` and `high` where it has an interval."""


def trend(name: str, says: str, rows: Sequence[Row], unit: Unit, last: str) -> Markup:
    """A line through the weeks over its intervals; weeks that are not shown leave a gap."""
    data = _data([{**row, "is_alone": _is_alone(rows, at)} for at, row in enumerate(rows)])
    x, y, low = _weeks(rows), _measure(unit, zero=False), _measure(unit, "low:Q", zero=False)
    base = alt.Chart(data)
    band = base.mark_area(color=ACCENT, opacity=0.14, invalid="break-paths-show-path-domains")
    line = base.mark_line(color=ACCENT, strokeWidth=2, invalid="break-paths-show-path-domains")
    alone = base.mark_rule(color=ACCENT, opacity=0.3, strokeWidth=3).encode(x=x, y=low, y2="high:Q")
    dots = base.mark_point(color=ACCENT, filled=True, size=22, opacity=1)
    whole = alt.layer(
        band.encode(x=x, y=low, y2="high:Q"),
        line.encode(x=x, y=y),
        alone.transform_filter("datum.is_alone"),
        dots.encode(x=x, y=y).transform_filter("isValid(datum.value)"),
        *_last_value(data, rows, x, y, last),
    )
    return _drawn(name, says, whole)


def bars(name: str, says: str, rows: Sequence[Row], unit: Unit, last: str) -> Markup:
    """A bar for each week; the last one is told in figures too."""
    data = _data(rows)
    x, y = _weeks(rows), _measure(unit, zero=True)
    marks = alt.Chart(data).mark_bar(color=ACCENT, width=14, cornerRadiusEnd=2).encode(x=x, y=y)
    return _drawn(name, says, alt.layer(marks, *_last_value(data, rows, x, y, last)))


def steps(name: str, says: str, rows: Sequence[Row]) -> Markup:
    """One bar below the other, each with its name and number: what is left from step to step."""
    data = _data(rows)
    y = _one_below_the_other()
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domainMin=0))
    base = alt.Chart(data)
    text = base.mark_text(align="left", baseline="bottom", color=INK, fontSize=12, dy=-11, x=0)
    whole = alt.layer(
        base.mark_bar(color=LINE, height=14, cornerRadius=2).encode(y=y, x=alt.X("all:Q", axis=None)),
        base.mark_bar(color=ACCENT, height=14, cornerRadius=2).encode(y=y, x=x),
        text.encode(y=y, text="said:N"),
    )
    return _drawn(name, says, whole, height=LINE_HEIGHT * len(rows))


def ranges(name: str, says: str, rows: Sequence[Row]) -> Markup:
    """A share with its interval for each name."""
    data = _data(rows)
    y = _one_below_the_other()
    axis = alt.Axis(
        orient="bottom", tickCount=4, labelExpr=_LABELS["share"], format="d", grid=True, labelFlush=True
    )
    least = min(row["low"] for row in rows)
    scale = alt.Scale(domain=[max(0, least - least % 10), 100])
    x = alt.X("value:Q", axis=axis, scale=scale)
    base = alt.Chart(data)
    text = base.mark_text(align="left", baseline="bottom", color=INK, fontSize=12, dy=-8, x=0)
    whole = alt.layer(
        base.mark_rule(color=ACCENT, strokeWidth=4, opacity=0.3).encode(
            y=y, x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q"
        ),
        base.mark_point(color=ACCENT, filled=True, size=70, opacity=1).encode(y=y, x=x),
        text.encode(y=y, text="said:N"),
    )
    return _drawn(name, says, whole, height=LINE_HEIGHT * len(rows) + 24)


_LABELS: Mapping[Unit, str] = {
    "points": "replace(datum.label, '-', '\u2212')",
    "share": "datum.label + '\u202f%'",
    "count": "datum.label",
    "money": "datum.value ? datum.label : '0'",
}


def _data(rows: Sequence[Row]) -> Any:
    """The rows inside the chart itself, each with its place."""
    return alt.InlineData(values=[{"at": number, **row} for number, row in enumerate(rows)])


def _is_alone(rows: Sequence[Row], at: int) -> bool:
    """Whether a week is shown and its neighbours are not: then there is no line, nor a band, to be seen."""
    beside = [rows[other]["value"] for other in (at - 1, at + 1) if 0 <= other < len(rows)]
    return rows[at]["value"] is not None and not any(value is not None for value in beside)


def _weeks(rows: Sequence[Row]) -> Any:
    """The weeks from left to right; the first, the middle and the last are named."""
    named = sorted({0, len(rows) // 2, len(rows) - 1})
    names = "{" + ",".join(f"'{at}':'{rows[at]['label']}'" for at in named) + "}"
    axis = alt.Axis(values=named, labelExpr=f"{names}[datum.value]", grid=False, labelFlush=False)
    return alt.X("at:Q", axis=axis, scale=alt.Scale(domain=[-0.4, len(rows) - 0.6], nice=False))


def _one_below_the_other() -> Any:
    return alt.Y("label:N", sort=None, axis=None, scale=alt.Scale(padding=0.5))


def _measure(unit: Unit, of: str = "value:Q", *, zero: bool) -> Any:
    axis = alt.Axis(
        tickCount=4,
        labelExpr=_LABELS[unit],
        minExtent=38,
        maxExtent=38,
        format="~s" if unit == "money" else "d",
    )
    limits: dict[str, Any] = {"clamp": True, "domainMax": 100} if unit == "share" else {}
    return alt.Y(of, axis=axis, scale=alt.Scale(zero=zero, nice=4, **limits))


def _last_value(data: Any, rows: Sequence[Row], x: Any, y: Any, said: str) -> list[Any]:
    """The last week in figures, where it is shown."""
    if not rows or rows[-1]["value"] is None:
        return []
    text = alt.Chart(data).mark_text(align="right", dy=-10, dx=4, fontSize=12, fontWeight="bold", color=INK)
    return [text.encode(x=x, y=y, text=alt.value(said)).transform_filter(f"datum.at == {len(rows) - 1}")]


def _drawn(name: str, says: str, chart: Any, *, height: int = HEIGHT) -> Markup:
    sized = chart.properties(width=WIDTH, height=height, autosize={"type": "fit", "contains": "padding"})
    spec = sized.configure(**_CONFIG)
    written = str(vl_convert.vegalite_to_svg(spec.to_dict(), allowed_base_urls=[]))
    for ours, theirs in COLOURS.items():
        written = written.replace(f'"{ours}"', f'"{theirs}"')
    # Charts share a page, and Vega counts on from chart to chart: names are given anew.
    names: dict[str, str] = {}
    written = _ENDS.sub(lambda found: found[0].replace(found[3], _renamed(found[3], name, names)), written)
    opening, _, rest = _ROLES.sub("", written).partition(">")
    size = re.search(r'viewBox="[^"]+"', opening)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" {size[0] if size else ""} aria-label="{escape(says)}">'
    return Markup(head + rest)  # noqa: S704 - drawn here, of labels that Vega escapes


def _renamed(called: str, chart: str, names: dict[str, str]) -> str:
    return names.setdefault(called, f"{chart}-{len(names)}")
