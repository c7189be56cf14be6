"""Until when each line of an order may be withdrawn from, and why not where it may not."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from postventa.rules.returns import BY_THE_FACTS, EXCEPTION, LETTERS
from postventa.rules.withdrawals import Ending, exemption
from postventa.sales import coming_back, ending_of, home_of
from postventa.settings import Settings
from postventa.store.sales import Sale, sales


@dataclass(frozen=True, slots=True)
class LineWindow:
    """One line of an order and the right to withdraw from it."""

    line_id: int
    ref: str
    name: str
    bought: Decimal
    left: Decimal
    """How much of it is not coming back already."""
    is_open: bool
    closes_at: datetime | None
    letter: str
    """The letter of LGDCU 103 that excepts it; empty where none does."""
    reason: str
    may_letter: str = ""
    """The letter that will except it only if something was done to the goods: a person decides by the evidence."""

    @property
    def state(self) -> str:
        """By the name that scripts may rely on."""
        return "withdrawal_open" if self.is_open else "withdrawal_closed"


@dataclass(frozen=True, slots=True)
class Window:
    """Until when a sale may be withdrawn from; `closes_at` (exclusive) is None where the period has not begun."""

    order_id: int
    closes_at: datetime | None
    closes_on: date | None
    """The last good day, where the customer lives."""
    is_open: bool
    article: str
    working: str
    lines: tuple[LineWindow, ...]

    def sentences(self) -> list[str]:
        """A line for each line of the order, as a person reads it."""
        return [f"{line.state} {self._standing(line)}  {line.ref} {line.name}" for line in self.lines]

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        closes_on = self.closes_on.isoformat() if self.closes_on else None
        lines = [asdict(line) | {"state": line.state, "closes_on": closes_on} for line in self.lines]
        told = {name: getattr(self, name) for name in ("is_open", "closes_at", "article", "working")}
        return {**told, "closes_on": closes_on, "lines": lines}

    def _standing(self, line: LineWindow) -> str:
        if line.letter or line.left <= 0:
            return line.reason
        if self.closes_on is None:
            return self.working
        unless = f", unless {line.reason}" if line.may_letter else ""
        return f"until {self.closes_on}{unless}" if line.is_open else f"since {self.closes_on}"


def window_of(connection: Connection, settings: Settings, order_id: int, now: datetime) -> Window:
    """The right to withdraw from an order as it stands at `now`, for each line. Raises KeyError without the order."""
    sale = sales(connection, [order_id])[order_id]
    ending, gone, refused = ending_of(sale, settings), coming_back(sale), _refused(sale)
    lines = tuple(
        _line_window(
            line,
            line.quantity - gone.get(line.id, Decimal(0)),
            ending,
            now,
            configured=exemption(line.sku, settings.policy.exemptions),
            refused=refused.get(line.id, ""),
        )
        for line in sale.lines
    )
    zone = home_of(sale.order).zone or settings.shop(sale.order.shop).zone
    return Window(
        order_id,
        ending.closes_at,
        last_day(ending.closes_at, zone) if ending.closes_at else None,
        ending.is_open(now),
        ending.article,
        ending.working,
        lines,
    )


def _refused(sale: Sale) -> dict[int, str]:
    """By line, why a person has refused it for an exception: the letter and the evidence."""
    return {
        one.line_id: one.reason
        for one in sale.return_lines
        if one.is_refused and one.reason.startswith(EXCEPTION)
    }


def _line_window(
    line: Any, left: Decimal, ending: Ending, now: datetime, *, configured: str, refused: str
) -> LineWindow:
    """A line by the letter that is configured for its SKU, unless a person has refused it by one already."""
    may_letter = configured if configured in BY_THE_FACTS and not refused else ""
    letter = refused[len(EXCEPTION)] if refused else "" if may_letter else configured
    return LineWindow(
        line_id=line.id,
        ref=line.ref,
        name=line.name,
        bought=line.quantity,
        left=left,
        is_open=not letter and left > 0 and ending.is_open(now),
        closes_at=ending.closes_at,
        letter=letter,
        reason=refused or _reason(letter, may_letter, left, ending),
        may_letter=may_letter,
    )


def _reason(letter: str, may_letter: str, left: Decimal, ending: Ending) -> str:
    if letter:
        return f"{EXCEPTION}{letter}: {LETTERS.get(letter, 'excepted')}"
    if left <= 0:
        return "all of it is coming back"
    if ending.closes_at is None:
        return ending.working
    return f"{EXCEPTION}{may_letter} applies ({LETTERS[may_letter]})" if may_letter else ""


def last_day(due_at: datetime, zone: ZoneInfo) -> date:
    """The last good day before an instant that is the first one too late."""
    return (due_at - timedelta(seconds=1)).astimezone(zone).date()
