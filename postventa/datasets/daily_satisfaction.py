"""How satisfied customers were, day by day: in all, and by language and carrier, with how sure that is and how many said so."""

import pandas as pd

from postventa.datasets._formulae import (
    ALL,
    asked,
    csat_hits,
    easy_hits,
    four_dimensions,
    means,
    nps,
    nps_hits,
    share,
    sums_of_means,
)
from postventa.datasets._night import Night, Span
from postventa.rules.satisfaction import DIMENSIONS

READS = ("survey_responses", "message_ledger")
DAY = "day"
LOOKS_BACK_DAYS = 31
"""As long as a link lives: an answer of today changes the response rate of the day on which it was asked for."""
_KEY = "shop, day, language, carrier"
_STATEMENT = f"""
WITH said AS (
    SELECT {_KEY}, count(*) AS responses, {sums_of_means((*DIMENSIONS, "ces"))},
        {csat_hits("csat", "overall_experience")}, {csat_hits("case_csat", "csat")}, {easy_hits()}, {nps_hits()}
    FROM survey_responses
    WHERE is_counted AND day BETWEEN $1 AND $2
    GROUP BY ALL
), asked AS (
    SELECT {_KEY}, request_id IN (
            SELECT request_id FROM survey_responses
            WHERE request_id IS NOT NULL AND day BETWEEN $1 AND $2 + {LOOKS_BACK_DAYS}
        ) AS is_answered
    FROM message_ledger
    WHERE request_id IS NOT NULL AND outcome = 'sent' AND day BETWEEN $1 AND $2
), requested AS (
    SELECT {_KEY}, count(*) AS requests, count(*) FILTER (WHERE is_answered) AS response_rate_hits
    FROM asked GROUP BY ALL
), finest AS (
    SELECT {_KEY}, coalesce(COLUMNS(* EXCLUDE ({_KEY})), 0) FROM said FULL JOIN requested USING ({_KEY})
), cells AS (
    -- Each row is looked at once: what is summed over more is made of the finest cells.
    SELECT shop, day, CASE WHEN grouping(language) = 0 THEN language ELSE '{ALL}' END AS language,
        CASE WHEN grouping(carrier) = 0 THEN carrier ELSE '{ALL}' END AS carrier,
        sum(COLUMNS(* EXCLUDE ({_KEY})))::BIGINT
    FROM finest
    GROUP BY GROUPING SETS ((shop, day, language, carrier), (shop, day, language), (shop, day, carrier), (shop, day))
)
SELECT shop, day, language, carrier,
    band_of(responses) AS responses_band, counted(responses) AS responses, is_few(responses) AS is_masked,
    requests, response_rate_hits AS requests_answered,
    shown(response_rate_hits / requests, requests) AS response_rate,
    shown(wilson_low(response_rate_hits, requests), requests) AS response_rate_low,
    shown(wilson_high(response_rate_hits, requests), requests) AS response_rate_high,
    {share("csat")}, {nps()}, {means(("ces",))}, {share("easy")},
    {share("case_csat")}, {means()}, {four_dimensions()}
FROM cells
ORDER BY shop, day, language, carrier
"""


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each cell in which somebody was asked or answered; `all` sums up over languages or carriers."""
    return asked(night.duck, _STATEMENT, (span.first, span.last))
