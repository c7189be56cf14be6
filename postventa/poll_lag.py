"""How far behind the shop we are: kept for each poll that brought news, and told on the page of the chain."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from postventa.store.filing import cursor
from postventa.store.reconciliation import PollRow, lag_since

KINDS = {"orders": "order", "refunds": "refund"}
"""A walk -> the kind of payload that it files."""
TOO_FAR_AHEAD = timedelta(hours=25)
"""A shop's clock may be wrong, and doors believe a day of it; a cursor beyond that hides whatever changes until then."""
A_DAY = timedelta(days=1)
_POLLS: Any = PollRow.__table__


def keep_lag(
    connection: Connection, shop: str, walk: str, *, after: int, began_at: datetime, now: datetime
) -> None:
    """Keeps how late the news was that this poll has filed after the payload `after`; nothing came, nothing is kept."""
    news, lag = lag_since(connection, shop, KINDS[walk], after)
    if lag is None:
        return
    row = {
        "shop": shop,
        "walk": walk,
        "began_at": began_at,
        "ended_at": now,
        "news": news,
        "lag_p50_seconds": lag.p50,
        "lag_p95_seconds": lag.p95,
        "lag_max_seconds": lag.longest,
        "cursor_at": cursor(connection, f"{shop}:{walk}") or began_at,
    }
    connection.execute(_POLLS.insert(), row)


def jumped(connection: Connection, shop: str, now: datetime) -> list[str]:
    """A sentence for each walk of the shop whose cursor has run ahead of time."""
    said = []
    for walk in KINDS:
        at = cursor(connection, f"{shop}:{walk}")
        if at is not None and at > now + TOO_FAR_AHEAD:
            said.append(
                f"the cursor {shop}:{walk} stands at {at:%Y-%m-%d %H:%M} UTC, ahead of the clock: "
                "what changes until then is heard at night alone"
            )
    return said


def lag_table(connection: Connection, now: datetime) -> list[str]:
    """The part of the page: the last poll of each shop that brought news, and the worst of 24 hours."""
    polls = _POLLS.c
    last = select(func.max(polls.id)).group_by(polls.shop, polls.walk)
    rows = connection.execute(
        _POLLS.select().where(polls.id.in_(last)).order_by(polls.shop, polls.walk)
    ).all()
    if not rows:
        return []
    worst = {
        (shop, walk): (news, longest)
        for shop, walk, news, longest in connection.execute(
            select(polls.shop, polls.walk, func.sum(polls.news), func.max(polls.lag_max_seconds))
            .where(polls.ended_at > now - A_DAY)
            .group_by(polls.shop, polls.walk)
        )
    }
    told = [
        f"| {row.shop}:{row.walk} | {row.ended_at:%Y-%m-%d %H:%M} | {row.news} | {span(row.lag_p50_seconds)} | "
        f"{span(row.lag_p95_seconds)} | {span(row.lag_max_seconds)} | {_day(worst.get((row.shop, row.walk)))} |"
        for row in rows
    ]
    return [
        "## How far behind the shop",
        "",
        "From a change in the shop to our record of it, for the last poll that brought news.",
        "",
        "| from | poll (UTC) | news | half within | 95 % within | longest | of 24 hours |",
        "|---|---|---:|---:|---:|---:|---|",
        *told,
        "",
    ]


def span(seconds: float) -> str:
    """So long, as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _day(worst: tuple[int, float] | None) -> str:
    return f"{worst[0]} news, longest {span(worst[1])}" if worst else "no news"
