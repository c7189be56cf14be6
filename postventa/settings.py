"""The configuration file, read once at the start into one frozen object.

An unknown key, a missing one or a wrong type stops the start with the key's full name. Secrets are never in
the file: it names environment variables, and `secret` fetches one when a door is opened.
"""

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, Field, ValidationError

from postventa.cards import TEMPLATES, languages
from postventa.sections import (
    Adr,
    Alerts,
    Carrier,
    Channel,
    Company,
    Datasets,
    Desk,
    Files,
    Mailbox,
    Policy,
    Section,
    Shop,
    Store,
    Web,
)

__all__ = ["BadConfiguration", "Carrier", "Channel", "Company", "Mailbox", "Settings", "Shop", "Web"]

ENVIRONMENT_KEY = "POSTVENTA_CONFIG"
DEFAULT_PATH = "postventa.toml"


class BadConfiguration(ValueError):
    """The configuration cannot be used; the sentence names the key and what was expected."""


class Settings(Section):
    store: Store = Store()
    company: Company
    shops: dict[str, Shop] = Field(default_factory=dict)
    carriers: dict[str, Carrier] = Field(default_factory=dict)
    channels: dict[str, Channel] = Field(default_factory=dict)
    policy: Policy = Policy()
    desk: Desk = Desk()
    adr: Adr = Adr()
    web: Web = Web()
    files: Files = Files()
    mailboxes: dict[str, Mailbox] = Field(default_factory=dict)
    alerts: Alerts = Alerts()
    datasets: Datasets = Datasets()

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """By shop, the messages that go as a text; shops that send none are not in it."""
        return {name: shop.texts for name, shop in self.shops.items() if shop.texts}

    @property
    def mail_channel(self) -> Channel | None:
        """The channel that mails go over; None where there is none."""
        return next((one for one in self.channels.values() if one.adapter != "sms"), None)

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

    def carrier_called(self, name: str | None, word: str) -> str:
        """What customers call the carrier `name`, which the shop calls `word`."""
        known = self.carriers.get(name or "")
        return (known.display_name if known else "") or word

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
    _check_texts(settings, source)
    _check_languages(settings, source)
    return settings


HOW_TO_MAKE_A_KEY = '`python3 -c "import secrets; print(secrets.token_hex(32))"`'
"""Words for whoever needs a secret of their own: every machine that runs postventa has Python."""


def secret(key_env: str, owner: str) -> str:
    """The secret in the environment variable `key_env`. Raises BadConfiguration if it is not set."""
    value = os.environ.get(key_env, "")
    if not value:
        raise BadConfiguration(
            f"{owner} needs the environment variable {key_env}, which is empty or not set: "
            "export it in this shell, and before the worker starts"
        )
    return value


def _said(error: Any, source: str) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), _keys(Settings), n=1, cutoff=0.8)
        return f"{source}: {key} is not a key that postventa knows" + (f": {near[0]}?" if near else "")
    if error["type"] == "missing":
        return f"{source}: {key} is missing"
    if error["type"] in {"timezone_aware", "datetime_from_date_parsing", "datetime_parsing"}:
        return f"{source}: {key} is {error['input']}, and should be an instant with its zone, as 2026-11-01T00:00:00Z"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{source}: {key} {expected} (it is {error['input']!r})"


def _keys(section: type[BaseModel]) -> set[str]:
    """The names of every key below a section, however deep."""
    keys = {field.alias or name for name, field in section.model_fields.items()}
    return keys.union(*(_keys(below) for below in _sections_in(section)))


def _sections_in(section: type[BaseModel]) -> set[type[BaseModel]]:
    kinds = {field.annotation for field in section.model_fields.values()}
    kinds |= {below for kind in kinds for below in get_args(kind)}
    return {kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)}


def _check_languages(settings: Settings, source: str) -> None:
    known = languages("received")
    for name, shop in settings.shops.items():
        if shop.language not in known:
            raise BadConfiguration(
                f"{source}: shops.{name}.language is {shop.language!r}, and messages are there in {', '.join(known)}"
            )


def _check_texts(settings: Settings, source: str) -> None:
    """What is owed as a text needs its words and a way to be sent."""
    can = any(channel.adapter == "sms" for channel in settings.channels.values())
    for name, messages in settings.texts.items():
        for message in messages:
            if not (TEMPLATES / message / "es" / "sms.txt").is_file():
                raise BadConfiguration(
                    f"{source}: shops.{name}.texts names {message!r}, which is no message that can be a text"
                )
        if not can:
            raise BadConfiguration(
                f'{source}: shops.{name}.texts needs a [channels.NAME] with adapter = "sms"'
            )


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
    named = {f"desk.{role}": getattr(settings.desk, role) for role in ("owner", "team_lead", "manager")}
    named |= {f"datasets.managers[{place}]": name for place, name in enumerate(settings.datasets.managers)}
    for key, name in named.items():
        if name and name not in settings.desk.people:
            raise BadConfiguration(f"{source}: {key} names {name!r}, and there is no [desk.people.{name}]")
    for name, mailbox in settings.mailboxes.items():
        if mailbox.shop not in settings.shops:
            raise BadConfiguration(
                f"{source}: mailboxes.{name}.shop names {mailbox.shop!r}, and there is no [shops.{mailbox.shop}]"
            )
