"""Commands about the law's clocks: when one ends, and what a change of the law would move."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cyclopts import App, Parameter

from postventa import clock
from postventa.calendars import holidays_for
from postventa.cli.house import WRONG_USAGE, Common, Wrong, app
from postventa.clock_law import Home, counted_where, desk_hours, holidays_at, pack_of
from postventa.law import SHIPPED, law_pack, read_pack
from postventa.law_table import HEAD, rows, table
from postventa.rules.counting import Holidays
from postventa.rules.deadlines import Counting, Deadline, NoSuchRule, Rule, deadline, rule_in_force
from postventa.rules.law_changes import Change, Moved, OpenClock, changes, moved
from postventa.rules.places import zone_of
from postventa.settings import ENVIRONMENT_KEY, Settings, read_settings, settings_path
from postventa.store.clocks import open_clocks
from postventa.store.complaints import topics_of

law_app = App(name="law", help="The rules of law, as dated data.")
app.command(law_app)


@app.command(name="deadline")
def show_deadline(
    rule_id: str,
    *events: Annotated[str, Parameter(help="ISO 8601 instants; several are several parcels")],
    zone: Annotated[str | None, Parameter(help="Where the customer lives, such as Atlantic/Canary")] = None,
    region: Annotated[str, Parameter(help="ISO 3166-2, such as ES-CT")] = "",
    holiday: Annotated[tuple[str, ...], Parameter(help="A local holiday, such as 2026-09-24")] = (),
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Compute when a clock ends, with the article and the arithmetic in words."""
    if not events:
        raise Wrong(
            f"say when {rule_id} began: an ISO 8601 instant such as 2026-11-02T09:00:00+01:00", WRONG_USAGE
        )
    started = [clock.read_instant(written) for written in events]
    local = [_day(written) for written in holiday]
    settings = _settings(common)
    place = _zone(zone) if zone else zone_of(region)
    rule = _rule(_law_here(settings), rule_id, max(started), place)
    if settings is not None and rule.counting is Counting.OFFICE_HOURS:
        place, holidays = counted_where(settings, rule, Home(region, place))
    else:
        holidays = _holidays(settings, region, local)
    try:
        found = deadline(rule, started, place, holidays)
    except OverflowError as beyond:
        raise Wrong(f"{rule_id} would end beyond the calendar: look at the event's year") from beyond
    common.answer(_document(found), _text(found))
    return 0


@law_app.command(name="list")
def law_list(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List every rule in every version, the shop's own promises among them."""
    rules = _law_here(_settings(common))
    common.answer([dict(zip(HEAD, row, strict=True)) for row in rows(rules)], table(rules))
    return 0


@law_app.command(name="diff")
def law_diff(
    old: Annotated[
        str, Parameter(help="A file or folder of rules; `shipped` is what came with this version")
    ],
    new: str,
    *,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Show what a change of the rules would move: which rules, and which of the clocks that run now."""
    before, after = _pack(old), _pack(new)
    found = changes(before, after)
    settings = _settings(common)
    shifts: Sequence[Moved] = ()
    running: list[OpenClock] = []
    if settings is not None and found:
        with common.workplace() as place, place.reading() as connection:
            topics = topics_of(connection)
            running = [_open(row, topics) for row in open_clocks(connection)]
        where = partial(_counted_where, settings)
        shifts = moved(running, before, after, where, is_large=settings.policy.large_company)
    with common.clock():
        late = [one for one in shifts if one.will_be_due_at and one.will_be_due_at <= clock.now()]
    document = {
        "changes": [_plain(one) for one in found],
        "looked_at_clocks": settings is not None,
        "open_clocks": len(running),
        "moved_clocks": [asdict(one) for one in shifts],
        "past_at_once": len(late),
    }
    lines = [_change(one) for one in found] or ["The two say the same."]
    if settings is None:
        lines.append("Without a configuration no open clock was looked at: name one with --config.")
    elif found:
        lines += [
            "",
            f"Of {len(running)} clocks that run, {len(shifts)} would move; past at once: {len(late)}.",
        ]
        lines += [_shift(one) for one in shifts]
    common.answer(document, "\n".join(lines))
    return 0


def law_usable(settings: Settings) -> str:
    """What clocks need: the law, the shop's own promises, and a calendar for the customers and the desk."""
    rules, years = pack_of(settings), desk_hours(settings).holidays.years
    for region in settings.policy.local_holidays:
        holidays_at(settings, region)
    own = sum(not rule.jurisdiction for rule in rules)
    return f"{len(rules) - own} rules and {own} promises; holidays of {min(years)} to {max(years)}"


def _law_here(settings: Settings | None) -> tuple[Rule, ...]:
    """The law and the shop's promises; Spain's law as shipped where nothing is configured."""
    return law_pack("ES") if settings is None else pack_of(settings)


def _settings(common: Common) -> Settings | None:
    is_named = common.config is not None or ENVIRONMENT_KEY in os.environ
    if not is_named and not settings_path().exists():
        return None
    return read_settings(common.config)


def _rule(rules: Sequence[Rule], rule_id: str, event: datetime, zone: ZoneInfo | None) -> Rule:
    try:
        return rule_in_force(rules, rule_id, event, zone)
    except NoSuchRule as unknown:
        names = {rule.rule_id for rule in rules}
        near = [] if rule_id in names else get_close_matches(rule_id.upper(), sorted(names), 3)
        hint = f": did you mean {' or '.join(near)}?" if near else ""
        raise Wrong(f"{unknown}{hint}") from unknown


def _zone(written: str) -> ZoneInfo:
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise Wrong(
            f"{written!r} is not a time zone: write one such as Europe/Madrid", WRONG_USAGE
        ) from unknown


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as wrong:
        raise Wrong(f"--holiday {written} is not a day: write it as 2026-09-24", WRONG_USAGE) from wrong


def _holidays(settings: Settings | None, region: str, local: Iterable[date]) -> Holidays:
    """Those of the place, with the towns' that are configured and those that are named."""
    if settings is None:
        return holidays_for("ES", region, local)
    known = holidays_at(settings, region)
    return replace(known, all=known.all | frozenset(local))


def _document(found: Deadline) -> dict[str, object]:
    return {
        "rule_id": found.rule.rule_id,
        "title": found.rule.title,
        "article": found.rule.article,
        "started_at": found.started_at,
        "zone": str(found.zone),
        "last_day": found.last_day.isoformat() if found.last_day else None,
        "last_valid_instant": found.last_valid_instant,
        "due_at": found.due_at,
        "direction": found.rule.direction,
        "confidence": found.rule.confidence,
        "working": found.working,
    }


def _text(found: Deadline) -> str:
    rule = found.rule
    return "\n".join(
        [
            f"{rule.rule_id}: {rule.title} ({rule.article})",
            f"the last good second  {found.last_valid_instant.isoformat()}",
            f"too late from         {found.due_at.isoformat()}",
            found.working,
        ]
    )


def _pack(named: str) -> tuple[Rule, ...]:
    return read_pack(SHIPPED if named == "shipped" else Path(named))


def _open(row: Any, topics: Mapping[int, str]) -> OpenClock:
    zone, topic = ZoneInfo(row.zone) if row.zone else None, topics.get(row.case_id, "")
    return OpenClock(
        row.rule_id, row.started_at, row.due_at, zone, row.region, row.case_id, row.order_id, topic
    )


def _counted_where(settings: Settings, rule: Rule, one: OpenClock) -> tuple[ZoneInfo | None, Holidays]:
    return counted_where(settings, rule, Home(one.region, one.zone))


def _plain(one: Change) -> dict[str, object]:
    moves = {name: {"old": str(before), "new": str(after)} for name, before, after in one.fields}
    return {"rule_id": one.rule_id, "version": one.version, "kind": one.kind, "fields": moves}


def _change(one: Change) -> str:
    said = "; ".join(f"{name}: {_said(before)} -> {_said(after)}" for name, before, after in one.fields)
    return f"{one.kind:8} {one.rule_id} {one.version}".rstrip() + (f"  {said}" if said else "")


def _shift(one: Moved) -> str:
    whose = f"case {one.case_id}" if one.case_id else f"order {one.order_id}"
    return f"{one.rule_id:16} {whose:14} {_at(one.due_at)} -> {_at(one.will_be_due_at)}"


def _at(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if instant else "no clock"


def _said(value: object) -> str:
    return str(value) if value not in {None, "", ()} else "nothing"
