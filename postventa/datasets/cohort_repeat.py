"""Who buys again: customers by the month of their first order, and the same of those whose first order went wrong."""

import pandas as pd

from postventa.datasets._formulae import ALL, asked, share
from postventa.datasets._night import A_DAY, Night, Span

READS = ("order_timeline", "shipment_performance")
DAY = "month"
IS_MONTHLY = True
WITHIN = (30, 60, 90, 180)
LOOKS_BACK_DAYS = WITHIN[-1] + 31
"""An order of today is the repeat of a first one in any month up to then."""
_BOUGHT = ", ".join(f"count(*) FILTER (WHERE day - first_day <= {days}) AS bought_{days}" for days in WITHIN)
"""The first order itself among them; days are as fine as the store's life of orders is told."""
_HITS = ", ".join(
    f"count(*) FILTER (WHERE bought_{days} > 1) AS repeat_{days}d_hits, "
    # Until the last customer of the month has had the time, nobody knows.
    f"CASE WHEN last_day(min(month)) + {days} <= $3 THEN count(*) ELSE 0 END AS repeat_{days}d_n"
    for days in WITHIN
)
_SHARES = ", ".join(share(f"repeat_{days}d") for days in WITHIN)
_STATEMENT = f"""
WITH sold AS (
    SELECT shop, customer_id, order_id, day, complained_on FROM order_timeline WHERE stage <> 'cancelled'
), first AS (
    SELECT shop, customer_id, min(day) AS first_day FROM sold GROUP BY ALL
    HAVING min(day) BETWEEN $1 AND $2
), troubled AS (
    SELECT DISTINCT order_id FROM shipment_performance WHERE has_incident AND day >= $1
), customers AS (
    SELECT first.shop, date_trunc('month', first_day)::DATE AS month, customer_id,
        {_BOUGHT},
        coalesce(bool_or(troubled.order_id IS NOT NULL) FILTER (WHERE day = first_day), FALSE) AS had_incident,
        coalesce(bool_or(complained_on IS NOT NULL) FILTER (WHERE day = first_day), FALSE) AS had_complaint
    FROM first JOIN sold USING (shop, customer_id) LEFT JOIN troubled USING (order_id)
    GROUP BY ALL
), grouped AS (
    SELECT *, unnest(list_filter(
        ['{ALL}', CASE WHEN had_incident THEN 'incident' END, CASE WHEN had_complaint THEN 'complaint' END,
         CASE WHEN NOT had_incident AND NOT had_complaint THEN 'untroubled' END], lambda one: one IS NOT NULL)) AS first_order
    FROM customers
), cells AS (
    SELECT shop, month, first_order, count(*) AS customers, {_HITS}
    FROM grouped GROUP BY ALL
)
SELECT shop, month, first_order, band_of(customers) AS customers_band, counted(customers) AS customers,
    is_few(customers) AS is_masked, greatest(date_diff('day', last_day(month), $3), 0) AS observed_days, {_SHARES}
FROM cells
ORDER BY shop, month, first_order
"""


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each shop, month of first orders and kind of first order, of the months that the span touches."""
    months = span.whole_months
    return asked(night.duck, _STATEMENT, (months.first, months.last, night.now.date() - A_DAY))
