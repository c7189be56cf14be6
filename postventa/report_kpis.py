"""The figures that a manager follows: each over the last 28 days, with its interval, and against the 28 days before."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from postventa.report_figures import Figures
from postventa.rules.report import PERIOD, WEEKS, Change, change
from postventa.rules.satisfaction import LEAST_SHOWN, Estimate, band_of, nps_of, share

Kind = Literal["points", "share", "score", "hours", "count", "money"]
NOW, BEFORE = range(PERIOD), range(PERIOD, 2 * PERIOD)
ASKED_NOW, ASKED_BEFORE = range(1, PERIOD + 1), range(PERIOD + 1, 2 * PERIOD + 1)
"""Requests of the last week are still being answered: response rates end a week earlier."""
NOTHING = Estimate(0, "0")


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. An amount or a count has no interval: it is what it is."""

    key: str
    kind: Kind
    now: Estimate
    before: Estimate = NOTHING
    change: Change | None = None
    money: Decimal | None = None
    money_before: Decimal | None = None
    currency: str = ""
    is_main: bool = True
    """Whether its currency is that of most; the others are named."""

    @property
    def has_before(self) -> bool:
        """Whether there is anything to compare it with."""
        return self.money_before is not None if self.kind == "money" else self.before.value is not None


def nps(figures: Figures, weeks: Iterable[int], **where: str) -> Estimate:
    found = figures.sums("answers", weeks, **where)
    return nps_of(found.get("promoters", 0), found.get("detractors", 0), found.get("nps_n", 0))


def csat(figures: Figures, weeks: Iterable[int], **where: str) -> Estimate:
    return _share(figures.sums("answers", weeks, **where), "csat_hits", "csat_n")


def on_time(figures: Figures, weeks: Iterable[int], **where: str) -> Estimate:
    return _share(figures.sums("parcels", weeks, **where), "on_time_hits", "on_time_n")


def kpis_of(figures: Figures) -> list[Kpi]:
    """All of them that could be asked for, in the sequence in which they are read."""
    made = []
    if "answers" in figures.rows:
        made += [_moved("nps", "points", nps(figures, NOW), nps(figures, BEFORE))]
        made += [_moved("csat", "share", csat(figures, NOW), csat(figures, BEFORE))]
        effort, effort_before = (figures.sums("answers", weeks) for weeks in (NOW, BEFORE))
        made += [Kpi("ces", "score", _ces(effort), _ces(effort_before))]
        easy = [_share(sums, "easy_hits", "easy_n") for sums in (effort, effort_before)]
        made += [_moved("easy", "share", *easy)]
    if "requests" in figures.rows:
        asked = [figures.sums("requests", weeks) for weeks in (ASKED_NOW, ASKED_BEFORE)]
        made += [_moved("response_rate", "share", *(_share(sums, "answered", "requests") for sums in asked))]
    if "parcels" in figures.rows:
        made += [_moved("on_time", "share", on_time(figures, NOW), on_time(figures, BEFORE))]
    if "complaints" in figures.rows:
        sums, earlier = (figures.sums("complaints", weeks) for weeks in (NOW, BEFORE))
        made += [Kpi("complaints", "count", _count(sums, "complaints"), _count(earlier, "complaints"))]
        made += [_moved("met", "share", _met(sums), _met(earlier))]
        waited = figures.one("first_answers")
        now, before = _median(waited, "half", "n"), _median(waited, "half_before", "n_before")
        made += [Kpi("first_answer", "hours", now, before)]
    made += _amounts(figures, "refunds", "refunds", "amount")
    owed = sorted(
        (row for row in figures.rows.get("at_risk", []) if row["amount"]), key=lambda row: -row["open"]
    )
    made += [
        Kpi(
            "at_risk",
            "money",
            _exactly(row["open"], row["open"]),
            money=row["amount"],
            currency=row["currency"],
            is_main=not place,
        )
        for place, row in enumerate(owed)
    ]
    return made + _amounts(figures, "sales", "net_sales", "net")


def _amounts(figures: Figures, subject: str, key: str, column: str) -> list[Kpi]:
    """An amount in each currency that there is; amounts of two currencies are never added up."""
    made = []
    for place, currency in enumerate(main_first(figures, subject)):
        now, before = (figures.sums(subject, weeks, currency=currency) for weeks in (NOW, BEFORE))
        if now or before:
            money, money_before = (Decimal(sums.get(column, 0)) for sums in (now, before))
            made += [
                Kpi(
                    key,
                    "money",
                    NOTHING,
                    money=money,
                    money_before=money_before if before else None,
                    currency=currency,
                    is_main=not place,
                )
            ]
    return made


def main_first(figures: Figures, subject: str) -> list[str]:
    """The currencies of a subject, that of most orders or refunds first."""
    counted = "orders" if subject == "sales" else "refunds"
    many = {
        one: figures.sums(subject, range(WEEKS), currency=one).get(counted, 0)
        for one in figures.values(subject, "currency")
    }
    return sorted(many, key=lambda one: (-many[one], one))


def _moved(key: str, kind: Kind, now: Estimate, before: Estimate) -> Kpi:
    return Kpi(key, kind, now, before, change(now, before))


def _share(sums: dict[str, Any], hits: str, n: str) -> Estimate:
    return share(sums.get(hits, 0), sums.get(n, 0))


def _met(sums: dict[str, Any]) -> Estimate:
    """Deadlines of the law that ended: how many were met. What the shop itself did is not masked."""
    met, missed = sums.get("met", 0), sums.get("missed", 0)
    return share(met, met + missed)


def _ces(sums: dict[str, Any]) -> Estimate:
    n = sums.get("easy_n", 0)
    return _exactly(sums["ces_sum"] / n, n) if n >= LEAST_SHOWN else _too_few(n)


def _median(row: dict[str, Any], half: str, n: str) -> Estimate:
    counted = row.get(n) or 0
    return _exactly(row[half], counted) if counted >= LEAST_SHOWN else _too_few(counted)


def _too_few(n: int) -> Estimate:
    return Estimate(None if n else 0, band_of(n))


def _count(sums: dict[str, Any], name: str) -> Estimate:
    return _exactly(sums[name], sums[name]) if sums else NOTHING


def _exactly(value: float, n: int) -> Estimate:
    return Estimate(n, band_of(n), value)
