"""The reception: the workplace behind the pages, where they are reached from outside, and who may write how often."""

import ipaddress
import logging
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from postventa.settings import BadConfiguration, Web, secret
from postventa.workplace import Workplace

AT_MOST_SECONDS = 1
"""The longest that a visitor waits for a counter that does not answer."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reception:
    """One for the process. Who wrote how often it remembers for itself, or with the others where they share a counter."""

    place: Workplace
    _own: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()), repr=False
    )
    _shared: MovingWindowRateLimiter | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shared", _shared_counter(self.place.settings.web))

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
        who = neighbourhood(address)
        if self._shared is not None:
            try:
                return self._shared.hit(limit, "writes", who)
            except StorageError:
                log.warning("the counter of [web].limits_env does not answer: this process counts for itself")
        return self._own.hit(limit, "writes", who)


def _shared_counter(web: Web) -> MovingWindowRateLimiter | None:
    """The counter of all processes; None where each counts for itself. Raises BadConfiguration."""
    if not web.limits_env:
        return None
    address = secret(web.limits_env, "[web].limits_env")
    patience = {"socket_timeout": AT_MOST_SECONDS, "socket_connect_timeout": AT_MOST_SECONDS}
    try:
        return MovingWindowRateLimiter(storage_from_string(address, wrap_exceptions=True, **patience))
    except (ConfigurationError, NotImplementedError, ValueError):
        raise BadConfiguration(
            f"the variable {web.limits_env} holds no address of a Redis: write redis://HOST:PORT/0"
        ) from None


def neighbourhood(address: str) -> str:
    """Who is counted together: one IPv4 address, or the /64 that one IPv6 customer has to herself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)
