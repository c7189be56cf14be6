"""Reactions: every answer and every review is looked at once its writer has stopped, and bad ones reach a person."""

import time
from collections import Counter
from datetime import timedelta

from prefect.artifacts import create_markdown_artifact

from postventa import clock, trends
from postventa.case_surveys import AskedOfCases, ask_about_cases
from postventa.reactions import Listener, Reacted
from postventa.store.filing import cursor, move_cursor
from postventa.workplace import open_workplace
from tasks.promise import promise

BATCH = 100
RUN_SECONDS = 120
A_DAY = timedelta(days=1)


@promise("react-to-voices")
def react_to_voices() -> Reacted:
    """Reacts to whatever nobody has reacted to, a bounded batch in a transaction.

    Safe to run twice: a sheet opens one case, and its owner is told of it once.
    """
    place, done = open_workplace(), Reacted()
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until:
        with place.store.begin() as connection:
            listener = Listener(connection, place.settings, clock.now(), done)
            heard = listener.hear_answers(BATCH) + listener.hear_reviews(BATCH)
        if not heard:
            break
    done.trouble = list(dict.fromkeys(done.trouble))
    return done


@promise("survey-cases")
def survey_cases() -> AskedOfCases:
    """Owes the survey about each case that was resolved one to three days ago, once."""
    place = open_workplace()
    with place.store.begin() as connection:
        return ask_about_cases(connection, place.settings, clock.now(), BATCH)


@promise("look-for-trends")
def look_for_trends() -> list[str]:
    """Looks, once a day, for changes in what customers of every shop say; answers those that are news, each told once."""
    place, now, news = open_workplace(), clock.now(), []
    for shop in place.settings.shops:
        name = f"trends:{shop}"
        with place.store.begin() as connection:
            looked = cursor(connection, name)
            if looked is not None and now - looked < A_DAY:
                continue  # it reads the answers of months
            news += trends.look_for_trends(connection, place.settings, shop, now).news
            move_cursor(connection, name, now, now)
    if news:
        said = "\n".join(["# Changes for the worse", "", *(f"- {sentence}" for sentence in news)])
        create_markdown_artifact(key="trends", markdown=said, description="What customers say has changed")
    return news


@promise("report-reactions")
def report_reactions(done: Reacted | None, surveyed: AskedOfCases | None = None) -> list[str]:
    """Writes what managers read of the run, and answers the sentences that turn it red."""
    done, surveyed = done or Reacted(), surveyed or AskedOfCases()
    lines = [
        f"- {done.read} sheets of answers and reviews read",
        f"- {done.opened} cases opened, {done.joined} joined to one that was there",
        f"- {done.offered} offered as testimonials: `postventa testimonial list`",
        f"- {surveyed.asked} customers asked how their case went",
        *(f"- {count} not asked: {reason}" for reason, count in sorted(Counter(surveyed.reasons).items())),
        *(f"- needs a person: {sentence}" for sentence in done.trouble),
    ]
    said = "\n".join(["# Customers' voices", "", *lines])
    create_markdown_artifact(key="reactions-run", markdown=said, description="Customers' voices")
    return done.trouble
