"""The sandbox's own watch: the service's clock, until somebody sets it by hand."""

from datetime import UTC, datetime

from postventa import clock


class Watch:
    """Tells the sandbox's "now". Set to an instant, it stands still until it is set or released again."""

    def __init__(self) -> None:
        self._set: datetime | None = None

    def now(self) -> datetime:
        return self._set or clock.now()

    def set_to(self, instant: datetime | None) -> None:
        """Stops the watch at `instant`; None lets it follow the service's clock again."""
        self._set = instant.astimezone(UTC) if instant else None

    @property
    def is_set(self) -> bool:
        return self._set is not None
