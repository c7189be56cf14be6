"""Commands that set things up and say whether all is well."""

from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from postventa.cli.house import Common, Wrong, app, explain
from postventa.cli.law import law_usable
from postventa.cli.web import web_usable
from postventa.connectors import imap
from postventa.connectors.doors import open_carrier, open_shop
from postventa.settings import DEFAULT_PATH, Channel, Settings, read_settings
from postventa.shipped import shipped
from postventa.store import migrate
from postventa.store.database import open_store
from postventa.workplace import open_workplace

db_app = App(name="db", help="The store's tables.")
app.command(db_app)


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of `postventa check`."""

    what: str
    is_well: bool
    said: str


@app.command(name="init")
def write_configuration(folder: Path = Path(), *, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Write a commented postventa.toml; never over one that is there."""
    path = folder / DEFAULT_PATH
    folder.mkdir(parents=True, exist_ok=True)
    example = shipped("postventa.example.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as written:
            written.write(example)
    except FileExistsError as there:
        raise Wrong(f"{path} is there already: move it away, or edit it") from there
    said = (
        f"Wrote {path}. Edit [company] and [shops], then run `postventa check`. A shop without an API can start "
        'with files in a folder: platform = "filedrop".'
    )
    common.answer({"path": str(path)}, said)
    return 0


@app.command(name="check")
def check(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Validate the configuration, then reach the store, Prefect, every channel, shop, carrier and mailbox; one line each."""
    with common.clock():
        settings = read_settings(common.config)
        checked = [Checked("configuration", is_well=True, said="valid"), _store(settings), _prefect()]
        checked.append(_reach("law", lambda: law_usable(settings)))
        checked += [
            _reach(f"channels.{name}", lambda name=name, channel=channel: _channel(name, channel))
            for name, channel in settings.channels.items()
        ]
        checked += [
            _reach(f"shops.{name}", lambda name=name, shop=shop: open_shop(name, shop).check())
            for name, shop in settings.shops.items()
        ]
        checked += [
            _reach(f"carriers.{name}", lambda name=name, carrier=carrier: open_carrier(name, carrier).check())
            for name, carrier in settings.carriers.items()
        ]
        checked += [
            _reach(f"mailboxes.{name}", lambda name=name, box=box: imap.connect(name, box).check())
            for name, box in settings.mailboxes.items()
        ]
        if settings.web.url:  # without it no message links to the customers' pages
            checked.append(_reach("web", lambda: web_usable(settings)))
    is_well = all(one.is_well for one in checked)
    lines = [f"{'ok ' if one.is_well else 'BAD'} {one.what}: {one.said}" for one in checked]
    common.answer({"well": is_well, "checks": [asdict(one) for one in checked]}, "\n".join(lines))
    if not is_well:
        wrong = [one.what for one in checked if not one.is_well]
        raise Wrong(f"{', '.join(wrong)}: mend what the lines above say, then check again")
    return 0


@db_app.command(name="upgrade")
def upgrade(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Bring the store's tables to this version."""
    place = open_workplace(str(common.config) if common.config else None)
    migrate.upgrade(place.store)
    now = migrate.version(place.store)
    common.answer(asdict(now), f"The store is at {now.current}.")
    return 0


@db_app.command(name="status")
def status(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Say whether the store's tables are those of this version; exit 1 if not."""
    place = open_workplace(str(common.config) if common.config else None)
    found = migrate.version(place.store)
    document = {**asdict(found), "is_current": found.is_current}
    common.answer(
        document, f"The store is at {found.current or 'no version'}; this version wants {found.wanted}."
    )
    if not found.is_current:
        raise Wrong("the store is not at this version: run `postventa db upgrade`")
    return 0


@app.command(name="sandbox")
def sandbox(
    *,
    port: Annotated[int, Parameter(help="The port of the shop, the carrier and the mailbox's page")] = 8090,
    smtp_port: Annotated[int, Parameter(help="The port that takes mail")] = 8025,
    orders: int = 300,
    seed: int = 1,
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Run a local shop, carrier and mailbox that speak the real APIs, until Ctrl-C."""
    from postventa.sandbox.server import run
    from postventa.sandbox.settings import SandboxSettings

    with common.clock():
        run(SandboxSettings(port=port, smtp_port=smtp_port, orders=orders, seed=seed))
    return 0


def _store(settings: Settings) -> Checked:
    def reach() -> str:
        found = migrate.version(open_store(settings.store.url))
        if not found.is_current:
            raise Wrong(
                f"at {found.current or 'no version'}, wanted {found.wanted}: run `postventa db upgrade`"
            )
        return f"at {found.current}"

    return _reach("store", reach)


def _channel(name: str, channel: Channel) -> str:
    door = import_module(f"postventa.connectors.channels.{channel.adapter}")
    with door.connect(name, channel) as post:
        return str(post.check())


def _prefect() -> Checked:
    from postventa.cli.running import prefect_answers

    return _reach("prefect", prefect_answers)


def _reach(what: str, question: object) -> Checked:
    try:
        return Checked(what, is_well=True, said=str(question()))  # type: ignore[operator]
    except Exception as error:
        wrong = explain(error)
        if wrong is None:
            raise
        return Checked(what, is_well=False, said=str(wrong))
