"""The sandbox's own watch: the service's clock, until somebody sets it by hand."""

import time
from datetime import UTC, datetime

from postventa import clock


class Watch:
    """Tells the sandbox's "now". Set to an instant, it stands still, or runs from there, until it is set again."""

    def __init__(self) -> None:
        self._set: clock.Clock | None = None

    def now(self) -> datetime:
        return self._set.now() if self._set else clock.now()

    def set_to(self, instant: datetime | None, speed: float = 0) -> None:
        """Sets the watch to `instant`, running `speed` times as fast as real time; None follows the service's clock."""
        self._set = clock.Clock(instant.astimezone(UTC), time.time(), speed) if instant else None

    @property
    def is_set(self) -> bool:
        return self._set is not None
