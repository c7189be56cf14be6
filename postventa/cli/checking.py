"""`postventa check`: whether the configuration is right and everything that it names can be used, a line each."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from postventa.cli.house import Common, Wrong, app, explain
from postventa.cli.law import law_usable
from postventa.cli.running import prefect_answers
from postventa.cli.web import web_usable
from postventa.connectors import imap
from postventa.connectors.addresses import Unsendable, address_problem, mailbox
from postventa.connectors.doors import open_carrier, open_shop
from postventa.contacts import contact_of
from postventa.settings import (
    HOW_TO_MAKE_A_KEY,
    BadConfiguration,
    Carrier,
    Channel,
    Mailbox,
    Settings,
    Shop,
    read_settings,
    secret,
)
from postventa.store import migrate
from postventa.store.database import open_store

Question = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of `postventa check`. What is off is not used, and no reason to call the whole unwell."""

    what: str
    is_well: bool
    said: str
    is_off: bool = False

    def __str__(self) -> str:
        mark = "off" if self.is_off else "ok " if self.is_well else "BAD"
        return f"{mark} {self.what}: {self.said.removeprefix(f'{self.what}: ')}"


@app.command(name="check")
def check(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Validate the configuration, then reach the store, Prefect, every channel, shop, carrier and mailbox; one line each."""
    checked = []
    with common.clock():
        for one in _all(read_settings(common.config)):
            checked.append(one)
            if not common.as_json:
                print(one, flush=True)  # at once: what cannot be reached takes its time
    wrong = [one.what for one in checked if not one.is_well]
    if common.as_json:
        common.answer({"well": not wrong, "checks": [asdict(one) for one in checked]}, "")
    if wrong:
        raise Wrong(f"{', '.join(wrong)}: mend what the lines above say, then check again")
    return 0


def _all(settings: Settings) -> Iterator[Checked]:
    yield Checked("configuration", is_well=True, said="valid")
    yield _reach("store", partial(_store, settings))
    yield _reach("prefect", prefect_answers)
    yield _reach("law", partial(law_usable, settings))
    yield _reach("files", partial(_folder, "files.path", settings.files.path))
    yield _reach("consents", partial(_consents, settings))
    yield _adr(settings)
    yield _datasets(settings)
    for name, channel in settings.channels.items():
        yield _reach(f"channels.{name}", partial(_channel, name, channel))
    for name, shop in settings.shops.items():
        yield _reach(f"shops.{name}", partial(_shop, name, shop))
    for name, carrier in settings.carriers.items():
        yield _reach(f"carriers.{name}", partial(_carrier, name, carrier))
    for name, box in settings.mailboxes.items():
        yield _reach(f"mailboxes.{name}", partial(_mailbox, name, box))
    if settings.web.url:  # without it no message links to the customers' pages
        yield _reach("web", partial(web_usable, settings))


def _reach(what: str, question: Question) -> Checked:
    try:
        return Checked(what, is_well=True, said=question())
    except Exception as error:
        wrong = explain(error)
        if wrong is None:
            raise
        return Checked(what, is_well=False, said=str(wrong))


def _store(settings: Settings) -> str:
    store = open_store(settings.store.url)
    found = migrate.version(store)
    if not found.is_current:
        raise Wrong(f"at {found.current or 'no version'}, wanted {found.wanted}: run `postventa db upgrade`")
    with store.begin() as connection:  # changes nothing, and fails where nothing may be changed
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num WHERE 1 = 0")
    return f"at {found.current}"


def _folder(key: str, path: str) -> str:
    """Whether the folder can be written, or made: nothing is written to find out."""
    there = Path(path).absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise Wrong(f"{key} {path}: {there} is a file: name a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Wrong(f"{key} {path}: this user may not write there: give the folder to whoever runs postventa")
    return f"{path} can be written"


def _consents(settings: Settings) -> str:
    for name in settings.shops:
        contact_of(settings, name, "")
    return "who agreed and who objected is kept under the key that hides addresses"


def _adr(settings: Settings) -> Checked:
    entity = settings.adr.entity
    said = (
        f"answers that do not give everything name {entity}"
        if entity
        else (
            "no complaint can be rejected, wholly or in part, until entity and url in [adr] name who settles disputes"
        )
    )
    return Checked("adr", is_well=True, is_off=not entity, said=said)


def _datasets(settings: Settings) -> Checked:
    path, key_env = settings.datasets.path, settings.datasets.key_env
    try:
        secret(key_env, "[datasets].key_env")
    except BadConfiguration:
        return Checked(
            "datasets",
            is_well=True,
            is_off=True,
            said=f"nothing is published, and the flow nightly is red, until {key_env} is set (32 characters or more, "
            f"as from {HOW_TO_MAKE_A_KEY})",
        )
    if "://" in path:
        return Checked("datasets", is_well=True, said=f"go to {path}")
    return _reach("datasets", partial(_folder, "datasets.path", path))


def _channel(name: str, channel: Channel) -> str:
    if channel.adapter != "sms":
        _sender(name, channel.sender)
    door = import_module(f"postventa.connectors.channels.{channel.adapter}")
    with door.connect(name, channel) as post:
        return str(post.check())


def _sender(name: str, written: str) -> None:
    problem: str | None = "there is no address in it"
    with suppress(Unsendable):
        problem = address_problem(mailbox(written)[1])
    if problem:
        raise Wrong(
            f"channels.{name}.from {written!r} is no sender ({problem}): write it as Shop <orders@shop.example>"
        )


def _shop(name: str, shop: Shop) -> str:
    return str(open_shop(name, shop).check())


def _carrier(name: str, carrier: Carrier) -> str:
    return str(open_carrier(name, carrier).check())


def _mailbox(name: str, box: Mailbox) -> str:
    return str(imap.connect(name, box).check())
