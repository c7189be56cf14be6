"""The reception: the workplace behind the pages, where they are reached from outside, and who may write how often."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from postventa.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Reception:
    """One for the process; its memory of who wrote how often is its own."""

    place: Workplace
    _limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()), repr=False
    )

    @property
    def base(self) -> str:
        """The path below which the pages live, as `/posventa`; empty at the top of a host."""
        return urlsplit(self.place.settings.web.url).path.rstrip("/")

    @property
    def is_https(self) -> bool:
        return self.place.settings.web.url.startswith("https://")

    def may_write(self, address: str) -> bool:
        """Whether this address may write once more this minute; asking counts."""
        limit = RateLimitItemPerMinute(self.place.settings.web.requests_per_minute)
        return self._limiter.hit(limit, "writes", neighbourhood(address))


def neighbourhood(address: str) -> str:
    """Who is counted together: one IPv4 address, or the /64 that one IPv6 customer has to herself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)
