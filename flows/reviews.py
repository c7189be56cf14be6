"""Reviews: hear those that the shops show, ask the customers whose time has come, and remind them once."""

from typing import Any

from prefect import State, flow

from tasks.coupons import give_coupons
from tasks.reports import the_end
from tasks.reviews import Asked, Heard, ask_for_reviews, hear_reviews, report_reviews
from tasks.turns import turn


@flow(name="reviews", flow_run_name="reviews", persist_result=False)
def ask_customers() -> State[Any] | None:
    """Looks at the asks that are due: owes requests and reminders, holds some, and gives others up with the reason.

    Coupons that were promised for a review are made and owed; where none are promised nothing happens.
    """
    with turn("reviews") as is_ours:
        if not is_ours:
            return the_end(skipped="another run asks for reviews")
        heard = hear_reviews(return_state=True)  # first: who has written is asked no more
        given = give_coupons(return_state=True)
        asked = ask_for_reviews(return_state=True)
        trouble = report_reviews(
            asked.result() if asked.is_completed() else Asked(),
            heard.result() if heard.is_completed() else Heard(),
        )
        if given.is_completed():
            trouble += given.result()
    return the_end([heard, given, asked], trouble)
