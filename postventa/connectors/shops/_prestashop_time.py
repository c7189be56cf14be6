"""The shop's clock on its wall: PrestaShop writes local times without a zone, and the zone is a setting that may change.

A wall clock repeats an hour in autumn, and jumps when somebody sets another zone. So a question reaches back far
enough to miss nothing, and an order heard later never seems older than what was heard of it before.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from postventa.connectors.fields import wrong

MINUTE = timedelta(minutes=1)
REPEATED = 61
"""Minutes after which no hour is repeated any more."""
FURTHEST = timedelta(hours=26)
"""Between the clocks of two zones at most: from UTC-12 to UTC+14."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A zone, when it was set by the shop's own clock (None: nobody knows), and what it probably was before."""

    zone: ZoneInfo
    set_on: datetime | None
    before: ZoneInfo

    def asks_from(self, at: datetime) -> datetime:
        """The earliest the wall can have said for anything that happened at `at` or later."""
        shown = [(at + minute * MINUTE).astimezone(self.zone) for minute in range(REPEATED + 1)]
        low = min(one.replace(tzinfo=None, microsecond=0) for one in shown) - MINUTE
        reaches_back = self.set_on is not None and low <= self.set_on + FURTHEST
        return low - FURTHEST if reaches_back else low

    def instant(self, shown: datetime) -> datetime:
        """The first moment at which the wall said so."""
        return min(self._readings(shown))

    def last_touched(self, shown: datetime, now: datetime) -> datetime:
        """The latest moment at which the wall can have said so: what is heard now is what is true now."""
        at = max((one for one in self._readings(shown) if one <= now), default=self.instant(shown))
        if self.set_on is None or not self.set_on - FURTHEST <= shown <= self.set_on:
            return at
        return max(at, self.instant(self.set_on), self.set_on.replace(tzinfo=self.before).astimezone(UTC))

    def _readings(self, shown: datetime) -> tuple[datetime, datetime]:
        first, second = (shown.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return first, second


def shown_in(found: object, field: str) -> datetime:
    """A time as PrestaShop writes it. Raises NotUnderstood; `0000-00-00 00:00:00` is none."""
    if isinstance(found, str):
        try:
            when = datetime.fromisoformat(found)
        except ValueError:
            pass
        else:
            if when.tzinfo is None:
                return when
    raise wrong(field, "a local time such as 2026-11-02 09:00:00", found)


def written(shown: datetime) -> str:
    """As the webservice takes it: with a T or a Z it answers next to nothing, in silence."""
    return shown.strftime("%Y-%m-%d %H:%M:%S")
