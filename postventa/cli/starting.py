"""Commands that set things up: the configuration, the store's tables, and a sandbox to try things against."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from postventa.cli.house import Common, Wrong, app
from postventa.settings import DEFAULT_PATH
from postventa.shipped import shipped
from postventa.store import migrate
from postventa.workplace import open_workplace

db_app = App(name="db", help="The store's tables.")
app.command(db_app)


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
    latency_ms: Annotated[float, Parameter(help="How long the shop and the carrier think")] = 0,
    rate_limit: Annotated[float | None, Parameter(help="Requests a second that each of them allows")] = None,
    faults: Annotated[str, Parameter(help="What goes wrong, such as '{\"http_500\": 0.1}'")] = "{}",
    common: Common = Common(),  # noqa: B008 - frozen
) -> int:
    """Run a local shop, carrier and mailbox that speak the real APIs, until Ctrl-C."""
    from postventa.sandbox.server import run
    from postventa.sandbox.settings import Faults, SandboxSettings

    try:
        wrong = Faults.read(json.loads(faults))
    except (ValueError, AttributeError) as no:
        raise Wrong(f"--faults is a JSON object of faults and their shares: {no}", code=2) from no
    with common.clock():
        try:
            run(
                SandboxSettings(
                    port=port,
                    smtp_port=smtp_port,
                    orders=orders,
                    seed=seed,
                    latency_ms=latency_ms,
                    rate_limit=rate_limit,
                    faults=wrong,
                )
            )
        except OSError as taken:
            raise Wrong(
                f"port {port} or {smtp_port} of 127.0.0.1 cannot be opened ({taken.strerror or taken}): "
                "give others by --port and --smtp-port"
            ) from taken
    return 0
