"""`postventa datasets`: the nightly's steps by hand. pandas, Arrow and DuckDB come with the first of them, not before."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from cyclopts import App

from postventa.cli.house import Common, Wrong, app
from postventa.turns import take_turn
from postventa.workplace import Workplace

dataset_app = App(
    name="datasets", help="The nightly datasets: what is published, and the night's steps by hand."
)
app.command(dataset_app)


@dataset_app.command(name="list")
def list_datasets(*, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """List the datasets: contract version, rows, and which days are published."""
    from postventa.contracts import contract_names
    from postventa.datasets import names
    from postventa.datasets._manifest import published

    with common.workplace() as place:
        manifest = published(_shelf(place))
    there = manifest.datasets if manifest else {}
    document = [
        {
            "name": name,
            "version": there[name].version if name in there else None,
            "rows": there[name].rows if name in there else 0,
            "first": there[name].first if name in there else None,
            "last": there[name].night if name in there else None,
            "has_contract": name in contract_names(),
        }
        for name in sorted({*names(), *there})
    ]
    common.answer(
        [{key: _plain(value) for key, value in one.items()} for one in document],
        "\n".join(map(_line, document)),
    )
    return 0


@dataset_app.command
def build(*, day: date | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Build and check a night, and leave it waiting: readers see nothing of it. Exit 1 where a contract is not kept."""
    with common.workplace() as place:
        made = _draft(place, day)
    common.answer(
        _said(made.manifest), _text(made.manifest, f"{made.manifest.run} waits: postventa datasets publish")
    )
    return _told(made.manifest)


@dataset_app.command
def publish(*, day: date | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Publish the night that waits, or build one and publish it, and write its report. Exit 1 where a dataset keeps its earlier state."""
    from postventa.datasets._manifest import waiting
    from postventa.datasets._publishing import publish_night
    from postventa.report import write

    with common.workplace() as place:
        drafts = waiting(_shelf(place)) if day is None else []
        run = drafts[-1] if drafts else _draft(place, day).manifest.run
        with _turn(place):
            done = publish_night(place, run)
            write(_shelf(place), done.manifest, place.settings)
    news = "published" if done.is_new else "nothing new: what was published stays"
    common.answer(_said(done.manifest), _text(done.manifest, news))
    return _told(done.manifest)


@dataset_app.command
def check(*, day: date | None = None, common: Common = Common()) -> int:  # noqa: B008 - frozen
    """Check what is published: every file against its digest, every row against its contract, and whether it is fresh; or those of one day."""
    from postventa.datasets._rechecking import recheck

    with common.workplace() as place:
        checks = recheck(_shelf(place), place.settings, day)
    failed = [one for one in checks if one.blocks]
    said = [f"{one.dataset}: {one.rule}: {one.sentence}" for one in checks if not one.passed]
    common.answer(
        [one.model_dump(mode="json") for one in checks],
        "\n".join([*said, f"{len(checks)} rules checked, {len(failed)} not kept"]),
    )
    if failed:
        raise Wrong("; ".join(f"{one.dataset}: {one.rule}: {one.sentence}" for one in failed[:5]))
    return 0


def _draft(place: Workplace, day: date | None) -> Any:
    from postventa.datasets._drafting import draft_night

    with _turn(place):
        return draft_night(place, day)


@contextmanager
def _turn(place: Workplace) -> Iterator[None]:
    with take_turn(place, "nightly") as is_ours:
        if not is_ours:
            raise Wrong("a night is being built at this moment: wait until it has ended")
        yield


def _shelf(place: Workplace) -> Any:
    from postventa.datasets._shelf import Shelf

    return Shelf(place.settings.datasets.path)


def _said(manifest: Any) -> dict[str, Any]:
    """The night without its thousands of files."""
    left_out = {"datasets": {"__all__": {"partitions", "sums"}}, "checks": True}
    said: dict[str, Any] = manifest.model_dump(mode="json", exclude=left_out)
    return said | {"failed": [one.model_dump(mode="json") for one in manifest.failed]}


def _text(manifest: Any, news: str) -> str:
    lines = [f"night of {manifest.night}: {news}"]
    for name, change in manifest.changes.items():
        rows = manifest.datasets[name].rows
        lines.append(
            f"{name:24} {rows:8} rows  {len(change.added)} days new, {len(change.changed)} changed, "
            f"{change.unchanged} as they were"
        )
    lines += [f"{one.dataset}: {one.rule}: {one.sentence}" for one in manifest.checks if not one.passed]
    return "\n".join(lines)


def _told(manifest: Any) -> int:
    from postventa.night_summary import trouble_of

    if trouble := trouble_of(manifest):
        raise Wrong("; ".join(trouble))
    return 0


def _line(one: dict[str, Any]) -> str:
    if one["last"] is None:
        contract = "" if one["has_contract"] else ", and it has no contract"
        return f"{one['name']:24} not published yet{contract}"
    return f"{one['name']:24} {one['version']:8} {one['rows']:8} rows  {one['first']} to {one['last']}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
