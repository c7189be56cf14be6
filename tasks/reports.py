"""Reports: what managers see of a run in Prefect, and the colour that it ends in. Counts come from the store."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from prefect import State
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.states import Completed, Failed

from postventa import clock
from postventa.moving import Moved
from postventa.sending import Sent
from postventa.standing import SetAside, chain_today, set_aside
from postventa.workplace import open_workplace
from tasks.mailboxes import TakenIn
from tasks.orders import Polled
from tasks.promise import promise
from tasks.shipments import Looked

NAMED_AT_MOST = 5
"""A sentence names so many orders; the table has them all."""
_BEFORE_THE_SENTENCE = re.compile(r"Task run encountered an exception:? (?:\w+: )?")
"""What Prefect writes before the error's own words."""


@promise("report-orders-{shop}")
def report_orders(shop: str, moved: Moved, heard: Sequence[Polled] = ()) -> list[str]:
    """Writes the run's summary and answers the sentences that turn it red."""
    trouble = []
    not_understood = [*(name for one in heard for name in one.set_aside), *moved.not_understood]
    if moved.parked:
        trouble.append(f"{_so_many(len(moved.parked), 'order')} set aside: {_named(moved.parked)}")
    if not_understood:
        trouble.append(
            f"{_so_many(len(not_understood), 'payload')} not understood, of {_named(not_understood)}"
        )
    lines = [
        f"- {_so_many(moved.applied, 'piece')} of news applied, {_so_many(moved.owed, 'message')} newly owed",
        "- **more news is waiting** for the next run" if moved.left_over else "- no news is left unread",
    ]
    _summarise(f"orders-{shop}", f"Orders of {shop}", lines, trouble)
    return trouble


@promise("report-shipments-{carrier}")
def report_shipments(carrier: str, looked: Looked | None) -> list[str]:
    """Writes the run's summary and answers the sentences that turn it red."""
    looked = looked or Looked()
    trouble = []
    if looked.set_aside:
        trouble.append(
            f"{_so_many(len(looked.set_aside), 'parcel')} set aside, of {_named(looked.set_aside)}"
        )
    if looked.not_understood:
        trouble.append(
            f"{_so_many(len(looked.not_understood), 'scan')} not understood, of {_named(looked.not_understood)}"
        )
    if looked.unknown_codes:
        trouble.append(f"{carrier} sent status codes that nobody knows: {_named(looked.unknown_codes)}")
    lines = [
        f"- {_so_many(looked.asked, 'parcel')} looked at, {_so_many(looked.owed, 'message')} newly owed",
        "- **more parcels are due** for the next run"
        if looked.left_over
        else "- no parcel is due for a look",
    ]
    _summarise(f"shipments-{carrier}", f"Shipments with {carrier}", lines, trouble)
    return trouble


@promise("report-messages-{channel}")
def report_messages(channel: str, sent: Sequence[Sent]) -> list[str]:
    """Writes the run's summary and answers the sentences that turn it red."""
    outcomes: Counter[str] = sum((one.outcomes for one in sent), Counter())
    trouble = list(dict.fromkeys(sentence for one in sent for sentence in one.trouble))
    in_doubt = sum(one.in_doubt for one in sent)
    if in_doubt:
        trouble.append(f"{_so_many(in_doubt, 'message')} left in doubt by a sender that died")
    lines = [f"- {count} {outcome}" for outcome, count in sorted(outcomes.items())] or ["- nothing was due"]
    if any(one.left_over for one in sent):
        lines.append("- **more is due** for the next run")
    _summarise(f"messages-{channel}", f"Messages by {channel}", lines, trouble)
    return trouble


@promise("report-mailbox-{mailbox}")
def report_mailbox(mailbox: str, taken: TakenIn | None) -> list[str]:
    """Writes the run's summary and answers the sentences that turn it red."""
    taken = taken or TakenIn()
    set_aside = taken.became["set_aside"]
    trouble = [f"{_so_many(set_aside, 'mail')} of {mailbox} set aside"] if set_aside else []
    lines = [f"- {count} {what.replace('_', ' ')}" for what, count in sorted(taken.became.items())]
    if not taken.is_configured:
        lines.append("- the configuration has no `[mailboxes.NAME]`")
    elif not lines:
        lines.append("- no mail was waiting")
    if taken.left_over:
        lines.append("- **more mails wait** for the next run")
    _summarise(f"mailbox-{mailbox}", f"Mailbox {mailbox}", lines, trouble)
    return trouble


def the_end(
    states: Sequence[State[Any]] = (), trouble: Sequence[str] = (), *, skipped: str = ""
) -> State[Any] | None:
    """The colour of a run: the first task that failed, else the trouble that was met, else green."""
    if skipped:
        return Completed(message=f"Skipped: {skipped}.", name="Skipped")
    failed = [state.message or "" for state in states if not state.is_completed()]
    sentences = [_first_line(message) for message in failed] + list(trouble)
    if not sentences:
        return None
    more = len(sentences) - NAMED_AT_MOST
    said = "; ".join(sentences[:NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")
    return Failed(message=said)


def _summarise(key: str, title: str, lines: Sequence[str], trouble: Sequence[str]) -> None:
    place = open_workplace()
    with place.reading() as connection:
        today = chain_today(connection, clock.now())
        aside = set_aside(connection)
    said = [f"# {title}", "", *lines]
    if trouble:
        said += ["", "## Needs a person", "", *(f"- {sentence}" for sentence in trouble)]
    create_markdown_artifact(key=_key(key), markdown="\n".join(said), description=title)
    create_markdown_artifact(
        key="chain-today", markdown=today, description="Where every order and message stands"
    )
    create_table_artifact(  # when there is nothing too: the table of an hour ago would go on asking for a person
        key="set-aside",
        table=[_row(one) for one in aside] or [{"what": "nothing waits for a person"}],
        description="What waits for a person",
    )


def _row(one: SetAside) -> dict[str, str]:
    return {
        "what": one.what,
        "where": one.where,
        "remedy": one.remedy,  # before the reason: that may be long, and what is far to the right is not seen
        "since": f"{one.since:%Y-%m-%d %H:%M} UTC",
        "why": one.why,
    }


def _key(name: str) -> str:
    """Prefect takes lower-case letters, digits and dashes."""
    return "".join(char if char.isalnum() else "-" for char in name.lower())


def _named(all_names: Sequence[str]) -> str:
    names = list(dict.fromkeys(all_names))
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _so_many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _first_line(message: str) -> str:
    return _BEFORE_THE_SENTENCE.sub("", message.strip(), count=1).partition("\n")[0] or "a task failed"
