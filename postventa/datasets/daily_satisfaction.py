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
"""As long as a link lives: an answer of today changes the response rate of the day on which it was asked for. So what a
day adds up to is said for that day, and for each earlier one whose requests were answered on it.
"""
_KEY = "shop, day, language, carrier"
SUMS_REACH = {"message_ledger": LOOKS_BACK_DAYS}
SUMS = f"""
WITH said AS (
    SELECT {_KEY}, day AS about, count(*) AS responses, {sums_of_means((*DIMENSIONS, "ces"))},
        {csat_hits("csat", "overall_experience")}, {csat_hits("case_csat", "csat")}, {easy_hits()}, {nps_hits()}
    FROM survey_responses
    WHERE is_counted AND day BETWEEN $1 AND $2
    GROUP BY ALL
), requested AS (
    SELECT {_KEY}, day AS about, count(*) AS requests
    FROM message_ledger
    WHERE request_id IS NOT NULL AND outcome = 'sent' AND day BETWEEN $1 AND $2
    GROUP BY ALL
), answers AS (
    -- A request has one sheet at the most. Numbers are compared first: texts take longer.
    SELECT day, request_id, hash(request_id) AS number FROM survey_responses
    WHERE request_id IS NOT NULL AND day BETWEEN $1 AND $2
), requests AS (
    SELECT {_KEY}, request_id, hash(request_id) AS number FROM message_ledger
    WHERE request_id IS NOT NULL AND outcome = 'sent' AND day BETWEEN $1::DATE - {LOOKS_BACK_DAYS} AND $2
), answered AS (
    SELECT shop, answers.day, language, carrier, requests.day AS about, count(*) AS response_rate_hits
    FROM answers JOIN requests USING (number, request_id)
    WHERE requests.day BETWEEN answers.day - {LOOKS_BACK_DAYS} AND answers.day
    GROUP BY ALL
)
SELECT day, about, shop, language, carrier, COLUMNS(* EXCLUDE ({_KEY}, about))::BIGINT FROM (
    FROM said UNION ALL BY NAME FROM requested UNION ALL BY NAME FROM answered
)
ORDER BY ALL
"""
_STATEMENT = f"""
WITH cells AS (
    SELECT shop, about AS day, CASE WHEN grouping(language) = 0 THEN language ELSE '{ALL}' END AS language,
        CASE WHEN grouping(carrier) = 0 THEN carrier ELSE '{ALL}' END AS carrier,
        coalesce(sum(COLUMNS(* EXCLUDE ({_KEY}, about))), 0)::BIGINT
    FROM daily_satisfaction_sums
    WHERE about BETWEEN $1 AND $2 AND day BETWEEN about AND about + {LOOKS_BACK_DAYS}
    GROUP BY GROUPING SETS ((shop, about, language, carrier), (shop, about, language), (shop, about, carrier), (shop, about))
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
