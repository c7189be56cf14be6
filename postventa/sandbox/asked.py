"""What a client asked of a list of orders, read with WordPress's own oddities about dates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from postventa.sandbox.shop import HIDDEN, STATUSES

ORDER_BY = {"date", "id", "modified", "include", "title", "slug"}
Params = Mapping[str, str]
Test = Callable[[datetime], bool]


class NotAsked(ValueError):
    """A parameter that the shop does not take; `why` is in WordPress's words."""

    def __init__(self, name: str, why: str, code: str) -> None:
        super().__init__(why)
        self.name, self.why, self.code = name, why, code


@dataclass(frozen=True, slots=True)
class Asked:
    """One page of one list."""

    page: int
    per_page: int
    statuses: frozenset[str] | None
    """None is `any`."""
    order_by: str
    descending: bool
    created: tuple[Test, ...]
    modified: tuple[Test, ...]
    modified_beyond_index: tuple[Test, ...]
    """What is left to test of `modified` once the index has answered: on GMT it is exact."""
    modified_after: datetime | None
    """A UTC instant that every answer is after: what the index is asked."""
    include: frozenset[int]
    customer: int | None
    fields: frozenset[str]

    def wants(self, status: str) -> bool:
        return status not in HIDDEN if self.statuses is None else status in self.statuses


def read_asked(params: Params, zone: ZoneInfo) -> Asked:
    """Reads the query. Raises NotAsked."""
    gmt = params.get("dates_are_gmt", "") in {"1", "true"}
    order_by = params.get("orderby", "date")
    if order_by not in ORDER_BY:
        raise NotAsked("orderby", f"orderby is not one of {', '.join(sorted(ORDER_BY))}.", "rest_not_in_enum")
    order = params.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise NotAsked("order", "order is not one of asc, desc.", "rest_not_in_enum")
    after = params.get("modified_after")
    return Asked(
        page=_whole(params, "page", 1, 1, None),
        per_page=_whole(params, "per_page", 10, 1, 100),
        statuses=_statuses(params.get("status", "any")),
        order_by=order_by,
        descending=order == "desc",
        created=_tests(params, "after", "before", zone, gmt=gmt),
        modified=_tests(params, "modified_after", "modified_before", zone, gmt=gmt),
        modified_beyond_index=_tests(
            params, "" if gmt else "modified_after", "modified_before", zone, gmt=gmt
        ),
        modified_after=_surely_after(_written("modified_after", after, zone), zone, gmt=gmt)
        if after
        else None,
        include=_numbers(params, "include"),
        customer=_whole(params, "customer", 0, 0, None) if "customer" in params else None,
        fields=frozenset(name.strip() for name in params.get("_fields", "").split(",") if name.strip()),
    )


def _whole(params: Params, name: str, default: int, low: int, high: int | None) -> int:
    written = params.get(name, str(default))
    if not written.lstrip("-").isdigit():
        raise NotAsked(name, f"{name} is not of type integer.", "rest_invalid_type")
    number = int(written)
    if high is not None and not low <= number <= high:
        raise NotAsked(
            name, f"{name} must be between {low} (inclusive) and {high} (inclusive)", "rest_out_of_bounds"
        )
    if number < low:
        raise NotAsked(name, f"{name} must be greater than or equal to {low}", "rest_out_of_bounds")
    return number


def _numbers(params: Params, name: str) -> frozenset[int]:
    return frozenset(int(part) for part in params.get(name, "").split(",") if part.strip().isdigit())


def _statuses(written: str) -> frozenset[str] | None:
    asked = [part.strip() for part in written.split(",") if part.strip()]
    for place, status in enumerate(asked):
        if status not in STATUSES | {"any"}:
            known = ", ".join(["any", *sorted(STATUSES)])
            raise NotAsked("status", f"status[{place}] is not one of {known}.", "rest_not_in_enum")
    return None if "any" in asked or not asked else frozenset(asked)


def _written(name: str, text: str, zone: ZoneInfo) -> datetime:
    """The date as the shop compares it, without a zone. One with a zone becomes the shop's local time:
    right by itself, and wrong by the shop's offset once `dates_are_gmt` says that it is GMT.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise NotAsked(name, "Invalid date.", "rest_invalid_date") from wrong
    return read.astimezone(zone).replace(tzinfo=None) if read.tzinfo else read


def _column(at: datetime, zone: ZoneInfo, *, gmt: bool) -> datetime:
    """What the shop's database holds for the instant: GMT, or the local time."""
    return at.astimezone(UTC if gmt else zone).replace(tzinfo=None)


def _tests(params: Params, after: str, before: str, zone: ZoneInfo, *, gmt: bool) -> tuple[Test, ...]:
    tests: list[Test] = []
    if params.get(after):
        low = _written(after, params[after], zone).replace(microsecond=0)
        tests.append(lambda at: _column(at, zone, gmt=gmt) > low)
    if params.get(before):
        high = _written(before, params[before], zone).replace(microsecond=0)
        tests.append(lambda at: _column(at, zone, gmt=gmt) < high)
    return tuple(tests)


def _surely_after(written: datetime, zone: ZoneInfo, *, gmt: bool) -> datetime:
    """A bound for the index: an hour early on local time, whose clocks repeat an hour in autumn."""
    at = written.replace(tzinfo=UTC if gmt else zone, microsecond=0).astimezone(UTC)
    return at - timedelta(hours=0 if gmt else 1)
