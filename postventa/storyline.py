"""The story of a case or an order as somebody outside the shop reads it: when, who, and what, in its sequence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postventa.rules.messages import Outcome
from postventa.sections import Person
from postventa.store.evidence import CaseFacts, ClockFacts, MessageFacts, OrderFacts

US = "the service"
OUTCOMES = {
    Outcome.SENT: "was sent",
    Outcome.SUPPRESSED: "was not sent",
    Outcome.FAILED: "could not be sent",
    Outcome.UNCERTAIN: "may or may not have been sent",
}
RETURN_STEPS = {
    "acknowledged_at": ("the shop", "acknowledged the statement"),
    "decided_at": ("the shop", "decided on the return"),
    "proof_at": ("the customer", "proved that the goods are on their way"),
    "goods_received_at": ("the shop", "received the goods"),
    "inspected_at": ("the shop", "inspected the goods"),
    "refunded_at": ("the shop", "had paid everything back"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened. `text` is what was said, word for word, where something was."""

    at: datetime
    about: str
    who: str
    kind: str
    what: str
    text: str = ""


def story_of_case(facts: CaseFacts, people: Mapping[str, Person]) -> list[Moment]:
    """A case from its opening to now."""
    found = [*_moves(facts, people), *_entries(facts, people), *_files(facts), *_returned(facts)]
    found += [
        *_clocks(facts.row.number, facts.clocks, people),
        *_sent(facts.row.number, facts.messages, people),
    ]
    return sorted(found, key=_in_time)


def story_of_order(facts: OrderFacts) -> list[Moment]:
    """An order from the first news to now; its cases tell their own."""
    about = f"{facts.row.shop}:{facts.row.ref}"
    found = [Moment(facts.row.placed_at, about, "the customer", "order", f"placed order {facts.row.number}")]
    for event in facts.events:
        parcel = f", parcel {event.parcel}" if event.parcel else ""
        why = f" ({event.reason})" if event.reason else ""
        what = f"{_plain(event.event)}{parcel}: the order is {_plain(event.stage)}{why}"
        found.append(Moment(event.happened_at, about, f"the {event.source}", "stage", what))
    carriers = {parcel.tracking_number: parcel.carrier_word or parcel.carrier for parcel in facts.parcels}
    for scan in facts.scans:
        place = f", {scan.place}" if scan.place else ""
        what = f"parcel {scan.tracking_number}: {_plain(scan.status)}{place}"
        who = carriers.get(scan.tracking_number) or "the carrier"
        found.append(Moment(scan.scanned_at, about, who, "scan", what, scan.raw_text))
    for refund in facts.refunds:
        if refund.refunded_at is not None:
            undone = ", and took it back later" if refund.withdrawn_at else ""
            what = f"paid back {refund.amount:.2f} {facts.row.currency}{undone}"
            found.append(Moment(refund.refunded_at, about, "the shop", "refund", what))
    found += [*_clocks(about, facts.clocks, {}), *_sent(about, facts.messages, {})]
    return sorted(found, key=_in_time)


def name_of(author: str, people: Mapping[str, Person]) -> str:
    """Who it was, as a reader outside the desk knows them."""
    if author in people:
        return people[author].name
    return {"customer": "the customer", "clock": US}.get(author, author)


def _entries(facts: CaseFacts, people: Mapping[str, Person]) -> Iterator[Moment]:
    for entry in facts.entries:
        who = name_of(entry.author, people)
        yield Moment(entry.at, facts.row.number, who, "said", _plain(entry.kind), entry.text)


def _moves(facts: CaseFacts, people: Mapping[str, Person]) -> Iterator[Moment]:
    for line in facts.log:
        if line.what == "opened":
            what = f"case {facts.row.number} was opened ({facts.row.source})"
            yield Moment(line.at, facts.row.number, US, "state", what)
        elif line.what == "state":
            who = name_of(str(line.details.get("who", "clock")), people)
            yield Moment(
                line.at, facts.row.number, who, "state", f"the case is {_plain(line.details['state'])}"
            )


def _files(facts: CaseFacts) -> Iterator[Moment]:
    for file in facts.attachments:
        if file.role == "evidence":
            what = f"sent the file {file.name} ({file.size} bytes)"
            yield Moment(file.stored_at, facts.row.number, "the customer", "file", what)


def _returned(facts: CaseFacts) -> Iterator[Moment]:
    for column, (who, what) in RETURN_STEPS.items():
        at = getattr(facts.a_return, column, None)
        if at is not None:
            yield Moment(at, facts.row.number, who, "return", what)


def _clocks(about: str, clocks: Any, people: Mapping[str, Person]) -> Iterator[Moment]:
    one: ClockFacts
    for one in clocks:
        row = one.row
        due = f"{row.due_at:%Y-%m-%d %H:%M} UTC"
        started = f"{row.rule_id} began to run: due before {due} ({row.article})"
        yield Moment(row.started_at, about, US, "clock", started)
        for ring in one.rings:
            late = ", later than planned" if ring.is_late else ""
            what = f"{row.rule_id}: {name_of(ring.to, people)} was told ({_plain(ring.rung)}{late})"
            yield Moment(ring.made_at, about, US, "clock", what)
        if row.ended_at is not None:
            yield Moment(row.ended_at, about, US, "clock", f"{row.rule_id} ended: {_plain(row.state)}")


def _sent(about: str, messages: Any, people: Mapping[str, Person]) -> Iterator[Moment]:
    one: MessageFacts
    for one in messages:
        row = one.row
        if row.settled_at is not None:
            whom = name_of(row.recipient, people) if row.recipient else "the customer"
            what = f"the message {_plain(row.message)} to {whom} {OUTCOMES.get(row.outcome, row.outcome)}"
            because = f" ({_plain(row.reason)})" if row.reason else ""
            yield Moment(row.settled_at, about, US, "message", f"{what}{because}", row.words)


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


def _in_time(moment: Moment) -> datetime:
    return moment.at
