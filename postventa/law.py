"""The rules of law as dated data: read from `postventa/rules/law/`, and the shop's own promises from its folder.

A file of a pack is TOML: a `jurisdiction`, and a `[[rule]]` for each version of a rule, its keys named as the
fields of `Rule`. A shop's own file has no jurisdiction: what it says is a promise. A mistake stops the start with
the file, the rule and the key in the sentence.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from postventa.rules.statutes import UNITS, Counting, Rule

SHIPPED = Path(__file__).parent / "rules" / "law"
EVERYWHERE = "EU"
"""Law that every jurisdiction shares."""
NO_LAW = "compensation.toml"
"""A shop's own table of remedies lies in the same folder; `postventa/compensation.py` reads it."""
KEYS = {field.name for field in fields(Rule)}

_rule = TypeAdapter(Rule)


class BadLaw(ValueError):
    """A pack cannot be used; the sentence names the file, the rule and the key."""


@cache
def law_pack(jurisdiction: str, own_rules: Path | None = None) -> tuple[Rule, ...]:
    """The law of a jurisdiction with that of the EU, and the shop's own promises and internal targets.

    Read once a process. Raises BadLaw with the file, the rule and the key.
    """
    shipped = read_pack(SHIPPED)
    known = {rule.jurisdiction for rule in shipped}
    if jurisdiction not in known:
        raise BadLaw(
            f"there are no rules for the jurisdiction {jurisdiction!r}: known are {', '.join(sorted(known))}"
        )
    law = tuple(rule for rule in shipped if rule.jurisdiction in {jurisdiction, EVERYWHERE})
    if own_rules is None:
        return law
    if not own_rules.exists():
        raise BadLaw(f"policy.rules names {own_rules}, and there is no such file or folder")
    own = read_pack(own_rules)
    taken, triggers = {rule.rule_id for rule in law}, {rule.trigger for rule in law}
    for rule in own:
        if rule.jurisdiction:
            raise BadLaw(f"{own_rules}: {rule.rule_id}: jurisdiction belongs to the law, a promise has none")
        if rule.rule_id in taken:
            raise BadLaw(f"{own_rules}: {rule.rule_id}: rule_id is the law's, and no promise replaces it")
        if rule.trigger not in triggers:
            raise BadLaw(
                f"{own_rules}: {rule.rule_id}: trigger: nothing is ever told of {rule.trigger!r}: "
                f"known are {', '.join(sorted(triggers))}"
            )
    return law + own


def read_pack(path: Path) -> tuple[Rule, ...]:
    """The rules of a file, or of every TOML file in a folder, by their names. Raises BadLaw."""
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise BadLaw(f"{path} holds no TOML file with rules")
    lawful = [file for file in files if file.name != NO_LAW]
    rules = tuple(rule for file in lawful for rule in _read(file))
    for one, other in combinations(rules, 2):
        if one.rule_id == other.rule_id and _overlap(one, other):
            raise BadLaw(
                f"{path}: {one.rule_id}: effective_from or effective_until lets two versions be in force at once"
            )
    return rules


def _read(file: Path) -> Iterable[Rule]:
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadLaw(f"{file} is not TOML: {wrong}") from wrong
    for key in written.keys() - {"jurisdiction", "rule"}:
        raise BadLaw(f"{file}: {key} is not a key of a pack: it has a jurisdiction and [[rule]] tables")
    of_file = {"jurisdiction": written.get("jurisdiction", ""), "is_statutory": "jurisdiction" in written}
    for number, table in enumerate(written.get("rule", []), 1):
        where = f"{file}: {table.get('rule_id', f'rule number {number}')}"
        yield _checked(where, _understood(where, of_file | table))


def _understood(where: str, table: dict[str, Any]) -> Rule:
    for key in table.keys() - KEYS:
        raise BadLaw(f"{where}: {key} is not a key of a rule")
    try:
        return _rule.validate_python(table)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise BadLaw(f"{where}: {key}: {first['msg'].removeprefix('Input ')}") from wrong


def _checked(where: str, rule: Rule) -> Rule:
    """A rule whose keys fit each other."""
    units = ", ".join(sorted(UNITS[rule.counting]))
    at_once = rule.counting is Counting.ELAPSED and rule.alarm_minutes > 0
    since, until = rule.effective_from, rule.effective_until
    wrong = {
        "rule_id: must have at most 32 characters": len(rule.rule_id) > 32,
        "article: must have at most 200 characters": len(rule.article) > 200,
        "length: must be there and above 0, or 0 with counting H and alarm_minutes": (
            rule.has_period and (rule.length is None or rule.length < 0 or (rule.length == 0 and not at_once))
        ),
        "length: must be left out where counting is NONE": not rule.has_period and rule.length is not None,
        f"unit: must be one of {units} where counting is {rule.counting}": (
            rule.has_period and rule.unit not in UNITS[rule.counting]
        ),
        "region: belongs to scope region, and must be there then": (
            (rule.scope == "region") != bool(rule.region)
        ),
        "effective_until: must come after effective_from": (
            since is not None and until is not None and since >= until
        ),
        "escalate_at: must be rising shares between 1 and 99": (
            list(rule.escalate_at) != sorted({share for share in rule.escalate_at if 0 < share < 100})
        ),
        "may_pause: a duty of the law never pauses": (
            rule.may_pause and rule.is_statutory and rule.is_trader_duty
        ),
        "may_pause: nothing counted backwards can pause": (
            rule.may_pause and rule.counting is Counting.BACKWARDS
        ),
        "met_by: only a promise about complaint.received can be met by a reply": (
            rule.met_by == "reply" and (rule.is_statutory or rule.trigger != "complaint.received")
        ),
        "is_statutory: only a file with a jurisdiction says what is law": (
            rule.is_statutory and not rule.jurisdiction
        ),
        "office: needs weekdays and an opening before the closing": (
            not rule.office.weekdays or rule.office.opens >= rule.office.closes
        ),
    }
    for said, is_wrong in wrong.items():
        if is_wrong:
            raise BadLaw(f"{where}: {said}")
    return rule


def _overlap(one: Rule, other: Rule) -> bool:
    return not (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: Rule, other: Rule) -> bool:
    until, since = one.effective_until, other.effective_from
    return until is not None and since is not None and until <= since
