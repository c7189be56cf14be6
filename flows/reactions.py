"""Reactions: hear what customers answered and reviewed, and bring what is bad to a person within the hour."""

from typing import Any

from prefect import State, flow

from tasks.reactions import look_for_trends, react_to_voices, report_reactions, survey_cases
from tasks.reports import the_end
from tasks.turns import turn


@flow(name="reactions", flow_run_name="reactions", persist_result=False)
def react_to_customers() -> State[Any] | None:
    """Opens or joins a case for each low score and tells its owner, asks how cases went, and looks for trends.

    Red where nobody could be told, and once for each change for the worse.
    """
    with turn("reactions") as is_ours:
        if not is_ours:
            return the_end(skipped="another run reacts to what customers say")
        heard = react_to_voices(return_state=True)
        surveyed = survey_cases(return_state=True)
        looked = look_for_trends(return_state=True)
        trouble = report_reactions(
            heard.result() if heard.is_completed() else None,
            surveyed.result() if surveyed.is_completed() else None,
        )
        news = looked.result() if looked.is_completed() else []
    return the_end([heard, surveyed, looked], [*trouble, *news])
