"""How each carrier did, month by month and by region: on time, incidents, how long, and what customers say of it."""

import pandas as pd

from postventa.datasets._formulae import ALL, asked, csat_hits, means, share, sums_of_means
from postventa.datasets._night import Night, Span

READS = ("survey_responses", "shipment_performance")
DAY = "month"
IS_MONTHLY = True
_OF_THE_WAY = ("overall_experience", "delivery_time")
_FINEST = "day, shop, carrier, region"
SUMS = f"""
WITH sent AS (
    SELECT {_FINEST}, count(*) AS parcels, count(*) FILTER (WHERE status = 'delivered') AS delivered,
        count(is_on_time) AS on_time_n, count(*) FILTER (WHERE is_on_time) AS on_time_hits,
        count(*) AS incident_n, count(*) FILTER (WHERE has_incident) AS incident_hits,
        count(first_attempt_on) AS first_try_n,
        count(*) FILTER (WHERE first_attempt_on IS NOT NULL AND attempts = 1 AND delivered_on IS NOT NULL) AS first_try_hits,
        count(transit_hours) AS transit_n
    FROM shipment_performance WHERE day BETWEEN $1 AND $2
    GROUP BY ALL
), said AS (
    SELECT {_FINEST}, count(*) AS responses, {csat_hits("csat", "overall_experience")}, {sums_of_means(_OF_THE_WAY)}
    FROM survey_responses
    WHERE is_counted AND survey = 'delivery' AND day BETWEEN $1 AND $2
    GROUP BY ALL
)
SELECT {_FINEST}, COLUMNS(* EXCLUDE ({_FINEST}))::BIGINT FROM (FROM sent UNION ALL BY NAME FROM said)
ORDER BY ALL
"""
_CELL = f"""
    shop, date_trunc('month', day)::DATE AS month, CASE WHEN grouping(carrier) = 0 THEN carrier ELSE '{ALL}' END AS carrier,
    CASE WHEN grouping(region) = 0 THEN region ELSE '{ALL}' END AS region"""
_SETS = "((1, 2, carrier, region), (1, 2, carrier), (1, 2, region), (1, 2))"
_KEY = "shop, month, carrier, region"
_STATEMENT = f"""
WITH added AS (
    SELECT {_CELL}, coalesce(sum(COLUMNS(* EXCLUDE ({_FINEST}))), 0)::BIGINT
    FROM carrier_satisfaction_sums WHERE day BETWEEN $1 AND $2
    GROUP BY GROUPING SETS {_SETS}
), ways AS (
    -- Medians cannot be added up. Hours have two decimals: as whole numbers they are ordered in half the time.
    SELECT {_CELL}, quantile_cont(round(transit_hours * 100)::INTEGER, [0.5, 0.9]) AS hundredths
    FROM shipment_performance WHERE day BETWEEN $1 AND $2
    GROUP BY GROUPING SETS {_SETS}
), cells AS (
    SELECT *, hundredths[1] / 100 AS transit_p50, hundredths[2] / 100 AS transit_p90 FROM added LEFT JOIN ways USING ({_KEY})
)
SELECT {_KEY}, parcels, delivered, {share("on_time")}, {share("incident")}, {share("first_try")},
    shown(transit_p50, transit_n) AS transit_p50_hours, shown(transit_p90, transit_n) AS transit_p90_hours,
    band_of(responses) AS responses_band, counted(responses) AS responses, is_few(responses) AS is_masked,
    {share("csat")}, {means(_OF_THE_WAY)}
FROM cells
ORDER BY {_KEY}
"""


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each carrier and region in a month that the span touches, over the whole month; `all` sums up."""
    months = span.whole_months
    return asked(night.duck, _STATEMENT, (months.first, months.last))
