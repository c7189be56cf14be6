"""The configuration file, read once at the start into one frozen object.

An unknown key, a missing one or a wrong type stops the start with the key's full name. Secrets are never in
the file: it names environment variables, and `secret` fetches one when a door is opened.
"""

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from postventa.rules.orders import FulfilmentState

ENVIRONMENT_KEY = "POSTVENTA_CONFIG"
DEFAULT_PATH = "postventa.toml"


class BadConfiguration(ValueError):
    """The configuration cannot be used; the sentence names the key and what was expected."""


_zones = cache(available_timezones)  # it walks a tree of six hundred files each time


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("must be an IANA time zone such as Europe/Madrid")
    return name


def _web_address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_web_address)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Text = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Store(_Section):
    url: Text = "sqlite:///postventa.db"


class Company(_Section):
    """Who writes: the identity that the law wants in every message's footer."""

    legal_name: Text
    tax_id: Text
    address: Text
    email: Text
    phone: Text
    registry: Text


class Shop(_Section):
    platform: Text
    """A file name in `postventa/connectors/shops/`."""
    url: Url
    key_env: Text
    secret_env: str = ""
    ca_file: str = ""
    language: Language = "es"
    timezone: Zone = "Europe/Madrid"
    backfill_since: AwareDatetime
    """Nothing that happened before is ever mailed."""
    display_name: str = ""
    """How customers know the shop; the company's legal name where empty."""
    requests_per_second: Annotated[float, Field(gt=0)] = 5
    overlap_minutes: Annotated[int, Field(ge=0)] = 10
    reread_hours: Annotated[int, Field(ge=1)] = 6
    """How often an undelivered order without tracking is read again by itself; hourly once it has left."""
    tracking_grace_hours: Annotated[float, Field(ge=0)] = 4
    """How long the shipped notice waits for a tracking number that the shop has not written yet."""
    statuses: dict[str, FulfilmentState] = {}
    """The shop's own statuses, and what each says of the goods."""
    tracking_meta_keys: tuple[str, ...] = ("_aftership_tracking_items", "_tracking_number")
    invoice_number_meta_keys: tuple[str, ...] = ("_wcpdf_invoice_number", "_invoice_number")
    einvoice_consent_meta_keys: tuple[str, ...] = ("_einvoice_consent",)
    carriers: dict[str, str] = {}
    """The shop's word for a carrier -> a name in [carriers]; matched without regard to case."""
    default_carrier: str = ""
    """The carrier asked about parcels whose carrier the shop does not name."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Carrier(_Section):
    adapter: Text
    """A file name in `postventa/connectors/carriers/`."""
    url: Url
    key_env: Text
    ca_file: str = ""
    timezone: Zone = "Europe/Madrid"
    """The zone of this carrier's times where it does not write one."""
    requests_per_second: Annotated[float, Field(gt=0)] = 1
    connections: Annotated[int, Field(ge=1, le=32)] = 4


class Channel(_Section):
    adapter: Literal["smtp", "console"]
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "none"
    ca_file: str = ""
    user_env: str = ""
    password_env: str = ""
    sender: Annotated[Text, Field(alias="from")]
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    connections: Annotated[int, Field(ge=1, le=8)] = 1
    """How many senders a run uses at once; each keeps one connection."""


class Policy(_Section):
    jurisdiction: Text = "ES"
    large_company: bool = False
    review_delay_days: Annotated[int, Field(ge=1, le=30)] = 7
    uncertain: Literal["ask", "resend"] = "ask"
    """A message that a killed sender left in doubt: a person decides, or it goes again with its old Message-ID."""
    stale_hours: Annotated[int, Field(ge=1)] = 72
    """A notice that nothing but its own news justifies is not sent when the news is older than this."""


class Alerts(_Section):
    """Where Prefect's automations say that a run failed, is late or is dead."""

    webhook_env: str = ""
    email: str = ""


class Datasets(_Section):
    path: str = "datasets"


class Settings(_Section):
    store: Store = Store()
    company: Company
    shops: dict[str, Shop] = {}
    carriers: dict[str, Carrier] = {}
    channels: dict[str, Channel] = {}
    policy: Policy = Policy()
    alerts: Alerts = Alerts()
    datasets: Datasets = Datasets()

    def shop(self, name: str) -> Shop:
        """The shop of that name. Raises BadConfiguration if there is none."""
        if name not in self.shops:
            raise BadConfiguration(f"there is no [shops.{name}] in the configuration")
        return self.shops[name]

    def carrier(self, name: str) -> Carrier:
        """The carrier of that name. Raises BadConfiguration if there is none."""
        if name not in self.carriers:
            raise BadConfiguration(f"there is no [carriers.{name}] in the configuration")
        return self.carriers[name]

    def carrier_for(self, shop: Shop, word: str) -> str | None:
        """Which configured carrier the shop means by `word`; None if nobody can be asked about its parcels."""
        named = {said.casefold(): name for said, name in shop.carriers.items()}
        wanted = word.strip().casefold()
        if wanted in named:
            return named[wanted]
        if wanted in self.carriers:
            return wanted
        return shop.default_carrier or None


def settings_path(given: str | Path | None = None) -> Path:
    """Where the configuration is: as given, else `$POSTVENTA_CONFIG`, else `postventa.toml` here."""
    return Path(given or os.environ.get(ENVIRONMENT_KEY) or DEFAULT_PATH)


def read_settings(given: str | Path | None = None) -> Settings:
    """Reads and checks the configuration. Raises BadConfiguration with the key's full name."""
    path = settings_path(given)
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise BadConfiguration(
            f"no configuration at {path}: write one with `postventa init`, or name yours with --config"
        ) from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadConfiguration(f"{path} is not TOML: {wrong}") from wrong
    return settings_from(written, str(path))


def settings_from(written: dict[str, Any], source: str = DEFAULT_PATH) -> Settings:
    """Checks a configuration that is already in memory. Raises BadConfiguration with the key's full name."""
    try:
        settings = Settings.model_validate(written)
    except ValidationError as wrong:
        raise BadConfiguration("; ".join(_said(error, source) for error in wrong.errors())) from wrong
    _check_references(settings, source)
    return settings


def secret(key_env: str, owner: str) -> str:
    """The secret in the environment variable `key_env`. Raises BadConfiguration if it is not set."""
    value = os.environ.get(key_env, "")
    if not value:
        raise BadConfiguration(f"{owner} needs the environment variable {key_env}, which is empty or not set")
    return value


def _said(error: Any, source: str) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{source}: {key} is not a key that postventa knows"
    if error["type"] == "missing":
        return f"{source}: {key} is missing"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{source}: {key} {expected} (it is {error['input']!r})"


def _check_references(settings: Settings, source: str) -> None:
    for name, shop in settings.shops.items():
        wanted = {f"shops.{name}.carriers.{word}": carrier for word, carrier in shop.carriers.items()}
        if shop.default_carrier:
            wanted[f"shops.{name}.default_carrier"] = shop.default_carrier
        for key, carrier in wanted.items():
            if carrier not in settings.carriers:
                raise BadConfiguration(
                    f"{source}: {key} names {carrier!r}, and there is no [carriers.{carrier}]"
                )
