"""What customers say of each product, month by month: in reviews, and in surveys about the orders that it was in."""

import pandas as pd

from postventa.datasets._formulae import asked, csat_hits, means, share, sums_of_means
from postventa.datasets._night import Night, Span

READS = ("survey_responses", "review_facts")
DAY = "month"
IS_MONTHLY = True
_OF_ORDERS = ("overall_experience", "order_condition")
"""What a product can have to do with; how long it took is its carrier's business."""
_KEY = "day, shop, product"
SUMS = f"""
WITH said AS (
    SELECT shop, day, unnest(string_split(products, ' ')) AS product, {", ".join(_OF_ORDERS)}
    FROM survey_responses
    WHERE is_counted AND survey = 'delivery' AND products <> '' AND day BETWEEN $1 AND $2
), answers AS (
    SELECT {_KEY}, count(*) AS responses, {csat_hits("csat", "overall_experience")}, {sums_of_means(_OF_ORDERS)}
    FROM said GROUP BY ALL
), reviews AS (
    SELECT {_KEY}, count(*) AS reviews, {sums_of_means(("rating",))}, {csat_hits("good_reviews", "rating")},
        count(*) FILTER (WHERE is_verified) AS verified
    FROM review_facts
    WHERE is_counted AND day BETWEEN $1 AND $2
    GROUP BY ALL
)
SELECT {_KEY}, COLUMNS(* EXCLUDE ({_KEY}))::BIGINT FROM (FROM answers UNION ALL BY NAME FROM reviews)
ORDER BY ALL
"""
_STATEMENT = f"""
WITH cells AS (
    SELECT shop, date_trunc('month', day)::DATE AS month, product,
        coalesce(sum(COLUMNS(* EXCLUDE ({_KEY}))), 0)::BIGINT
    FROM product_satisfaction_sums
    WHERE day BETWEEN $1 AND $2
    GROUP BY shop, month, product
)
SELECT shop, month, product,
    band_of(responses) AS responses_band, counted(responses) AS responses,
    band_of(reviews) AS reviews_band, counted(reviews) AS reviews,
    is_few(responses) OR is_few(reviews) AS is_masked,
    {share("csat")}, {means(_OF_ORDERS)}, {means(("rating",))}, {share("good_reviews")},
    shown(verified / reviews, reviews) AS verified_share
FROM cells
ORDER BY shop, month, product
"""


def build(night: Night, span: Span) -> pd.DataFrame:
    """A row for each product of which something was said in a month that the span touches, over the whole month."""
    months = span.whole_months
    return asked(night.duck, _STATEMENT, (months.first, months.last))
