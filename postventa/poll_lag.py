"""How far behind the shop we are: kept for each poll that brought news, and told on the page of the chain."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from postventa.rules.reconciliation import has_jumped
from postventa.store.filing import cursor
from postventa.store.reconciliation import PollRow, lag_since

KINDS = {"orders": "order", "refunds": "refund"}
"""A walk -> the kind of payload that it files."""
USUAL_POLLS = 20
"""By so many polls it is known how far a shop's clock is from ours."""
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
    """A sentence for each walk of the shop whose cursor ran ahead of time within a day, or still stands there."""
    return [said for walk in KINDS if (said := _jump(connection, shop, walk, now))]


def _jump(connection: Connection, shop: str, walk: str, now: datetime) -> str:
    polls = _POLLS.c
    wanted = select(polls.ended_at, polls.cursor_at).where(polls.shop == shop, polls.walk == walk)
    lately = connection.execute(wanted.order_by(polls.id.desc()).limit(USUAL_POLLS)).all()
    usual = [at - ended_at for ended_at, at in lately]
    stands = [(now, at)] if (at := cursor(connection, f"{shop}:{walk}")) else []
    jumps = [
        (said_at, at)
        for said_at, at in [*stands, *(poll for poll in lately if poll.ended_at > now - A_DAY)]
        if has_jumped(at - said_at, usual)
    ]
    if not jumps:
        return ""
    said_at, at = max(jumps, key=lambda one: one[1] - one[0])
    return (
        f"the cursor {shop}:{walk} stood at {at:%Y-%m-%d %H:%M} UTC when it was {said_at:%Y-%m-%d %H:%M}, far ahead "
        "of the clock: what changes until then is heard at night alone. Look for a change in the shop with that time"
    )


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
