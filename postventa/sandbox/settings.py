"""What the sandbox is asked to be: how many orders, from when, in which languages, and which faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Self
from zoneinfo import ZoneInfo

from postventa import clock


class NotAFault(ValueError):
    """A fault was asked for that the sandbox does not know, or a share that is not between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, as the share of answers, scans or mails that it happens to."""

    http_429: float = 0.0
    http_500: float = 0.0
    timeouts: float = 0.0
    """The answer never comes; the connection stays open."""
    html_200: float = 0.0
    """A guard in front of the shop answers a page instead of JSON, with status 200."""
    duplicates: float = 0.0
    """An order stands twice on its page; a scan stands twice in its parcel."""
    reordered_pages: bool = False
    lost_scans: float = 0.0
    smtp_451: float = 0.0
    smtp_550: float = 0.0
    smtp_drop: float = 0.0
    """The connection ends after the mail's last dot, unanswered; half of these mails were accepted."""
    smtp_down: bool = False

    @classmethod
    def read(cls, asked: dict[str, Any]) -> Self:
        """Reads faults from JSON; what is not named does not happen. Raises NotAFault."""
        kinds = {one.name: one.type for one in fields(cls)}
        for name, share in asked.items():
            if name not in kinds:
                raise NotAFault(f"{name!r} is not a fault of the sandbox; it knows {', '.join(kinds)}")
            if kinds[name] is bool and not isinstance(share, bool):
                raise NotAFault(f"{name} is true or false, not {share!r}")
            if kinds[name] is float and (
                isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1
            ):
                raise NotAFault(f"{name} is a share between 0 and 1, not {share!r}")
        return cls(**asked)


LANGUAGES = MappingProxyType({"es": 0.55, "ca": 0.25, "en": 0.20})


def _whole_second() -> datetime:
    return clock.now().replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """One seed and one start make one shop: two sandboxes with the same settings tell the same story."""

    port: int = 0
    smtp_port: int = 0
    orders: int = 300
    seed: int = 1
    start: datetime = field(default_factory=_whole_second)
    """When the first order is placed."""
    spread: timedelta = timedelta(hours=36)
    languages: Mapping[str, float] = field(default_factory=lambda: LANGUAGES)
    """The share of each language among the orders: `es`, `ca`, `en`."""
    key: str = "ck_sandbox"
    secret: str = "cs_sandbox"  # noqa: S105 - the sandbox's word for anybody to use
    carrier_key: str = "sandbox"
    latency_ms: float = 0
    rate_limit: float | None = None
    """Requests a second that the shop and, counted apart, the carrier allow."""
    faults: Faults = field(default_factory=Faults)
    zone: str = "Europe/Madrid"
    keep_bodies: bool = True
    """False keeps the headers of mails only, for runs with a great many."""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("the sandbox's start needs a zone, such as 2026-11-02T08:00:00+00:00")

    @property
    def opened_at(self) -> datetime:
        return self.start.astimezone(UTC).replace(microsecond=0)

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)
