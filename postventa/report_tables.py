"""The report's tables: carriers with a chart of their own, products from the least liked, and the shops side by side."""

from dataclasses import dataclass

from markupsafe import Markup

from postventa.report_charts import Row, ranges
from postventa.report_figures import Figures
from postventa.report_kpis import NOW, csat, main_first, nps, on_time
from postventa.report_sections import DASHES, GAP, Figure, Table, in_hundredths
from postventa.report_words import Words
from postventa.rules.satisfaction import LEAST_SHOWN, Estimate, share

PRODUCTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class WithRange:
    """A figure and its interval, one below the other."""

    value: str
    interval: str


def carriers(figures: Figures, words: Words) -> tuple[Figure, Table] | None:
    """How each carrier did in these 28 days; None where no parcel was tried."""
    names = [
        name
        for name in figures.values("parcels", "carrier")
        if figures.sums("parcels", NOW, carrier=name).get("parcels")
    ]
    if not names:
        return None
    transit = {row["carrier"]: row for row in figures.rows.get("transit", [])}
    rows, points, told = [], list[Row](), []
    for name in names:
        sums, part = figures.sums("parcels", NOW, carrier=name), on_time(figures, NOW, carrier=name)
        said, took = words.carrier(name), transit.get(name, {})
        told.append(f"{said} {words.figure('share', part)} {words.interval('share', part)}".strip())
        is_timed = (took.get("n") or 0) >= LEAST_SHOWN
        hours = [
            words("hours", value=words.decimal(took[key], 0)) if is_timed else "" for key in ("half", "most")
        ]
        rows.append(
            (
                said,
                words.decimal(sums["parcels"], 0),
                _with_range(words, part),
                _with_range(words, share(sums["incidents"], sums["parcels"])),
                _with_range(words, csat(figures, NOW, carrier=name)),
                *hours,
            )
        )
        if part.value is not None:
            value = words.percent(part.value)
            points.append({"label": said, "said": f"{said}{GAP}{value}"} | in_hundredths(part))
    head = ("carrier", "parcels", "on_time", "incidents", "csat", "half", "most")
    table = Table(words("carriers"), tuple(words(one) for one in head), tuple(rows))
    says = words("said_carriers", list="; ".join(told))
    drawing = ranges("carriers", says, points) if points else None
    return Figure("carriers", words("on_time"), says, drawing, None), table


def products(figures: Figures, words: Words) -> Table | None:
    """Products with enough answers or reviews, the least liked first; None where there are none."""
    rows = []
    for row in figures.rows.get("products", []):
        part, stars = share(row["csat_hits"], row["csat_n"]), row["reviews"]
        if part.value is None and stars < LEAST_SHOWN:
            continue
        rating = row["stars"] / stars if stars >= LEAST_SHOWN else None
        liked = part.value if part.value is not None else (rating or 0) / 5
        rows.append(
            (
                liked,
                (
                    row["product"],
                    _count(words, row["csat_n"]),
                    _with_range(words, part),
                    _count(words, stars),
                    "" if rating is None else words.decimal(rating, 1),
                ),
            )
        )
    head = tuple(words(one) for one in ("product", "answers", "csat", "reviews", "stars"))
    shown = tuple(row for _, row in sorted(rows, key=lambda one: (one[0], one[1][0]))[:PRODUCTS_SHOWN])
    return Table(words("products"), head, shown) if shown else None


def shops(figures: Figures, words: Words, named: dict[str, str]) -> Table | None:
    """The shops side by side; None where there is but one."""
    if len(named) < 2:
        return None
    rows = []
    for shop, said in named.items():
        sales = [
            words.whole(figures.sums("sales", NOW, shop=shop, currency=currency)["net"], currency)
            for currency in main_first(figures, "sales")
            if figures.sums("sales", NOW, shop=shop, currency=currency)
        ]
        rows.append(
            (
                said,
                words.decimal(figures.sums("orders", NOW, shop=shop).get("orders", 0), 0),
                WithRange(
                    words.figure("points", of := nps(figures, NOW, shop=shop)), words.interval("points", of)
                ),
                _with_range(words, csat(figures, NOW, shop=shop)),
                _with_range(words, on_time(figures, NOW, shop=shop)),
                words.decimal(figures.sums("complaints", NOW, shop=shop).get("complaints", 0), 0),
                Markup("<br>").join(sales),
            )
        )
    head = ("shop", "orders", "kpi_nps", "csat", "on_time", "complaints", "net_sales")
    return Table(words("shops"), tuple(words(one) for one in head), tuple(rows))


def _with_range(words: Words, one: Estimate) -> WithRange:
    return WithRange(words.figure("share", one), words.interval("share", one))


def _count(words: Words, n: int) -> str:
    return words.decimal(n, 0) if n == 0 or n >= LEAST_SHOWN else f"1{DASHES}{LEAST_SHOWN - 1}"
