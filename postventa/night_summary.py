"""A night in a minute: what managers read of it, the sentences that turn its run red, and where everything lies."""

from postventa.datasets._manifest import Change, Manifest
from postventa.datasets._shelf import Shelf

NAMED_AT_MOST = 5


def summary(manifest: Manifest) -> str:
    """The night as markdown: the day in numbers, what was published, and what was not and why."""
    lines = [
        f"# The night of {manifest.night}",
        "",
        f"As of {manifest.as_of:%Y-%m-%d %H:%M} UTC. "
        + (
            f"**{_so_many(len(_kept_back(manifest)), 'dataset')} not published.**"
            if manifest.failed
            else "All is published."
        ),
        "",
        *_the_day(manifest),
        "## Datasets",
        "",
        "| dataset | rows | up to | new days | changed | as they were |",
        "|---|---:|---|---:|---:|---:|",
    ]
    for name, one in manifest.datasets.items():
        change = manifest.changes.get(name, Change())
        lines.append(
            f"| {name} {one.version} | {one.rows} | {one.night} | {len(change.added)} | {len(change.changed)} "
            f"| {change.unchanged} |"
        )
    late = {day for change in manifest.changes.values() for day in change.changed}
    if late:
        lines += [
            "",
            f"News that came late changed {_so_many(len(late), 'day')}: {_listed(sorted(map(str, late)))}.",
        ]
    if manifest.failed:
        lines += ["", "## Not published, and why", ""]
        lines += [f"- **{check.dataset}**, {check.rule}: {check.sentence}" for check in manifest.failed]
    odd = [check for check in manifest.checks if not check.passed and not check.blocks]
    if odd:
        lines += ["", "## Worth a look", ""]
        lines += [f"- {check.dataset}, {check.rule}: {check.sentence} ({check.observed:g})" for check in odd]
    return "\n".join(lines)


def trouble_of(manifest: Manifest) -> list[str]:
    """One sentence for each dataset that was not published: by which rule, and what that says."""
    sentences = []
    for name in _kept_back(manifest):
        wrong = [check for check in manifest.failed if check.dataset == name]
        kept = manifest.datasets.get(name)
        stays = (
            f"what was published up to {kept.night} stays" if kept else "nothing of it has been published yet"
        )
        said = "; ".join(f"{check.rule}: {check.sentence.rstrip('.')}" for check in wrong[:NAMED_AT_MOST])
        sentences.append(f"{name} was not published, {stays} ({said})")
    return sentences


def links(shelf: Shelf, manifest: Manifest) -> str:
    """Where the night's files lie, as markdown."""
    pages_first = sorted(manifest.laptop, key=lambda name: (not name.endswith(".html"), name))
    named = {name: f"latest/{name}" for name in pages_first}
    reports = {"the managers' report": f"reports/{manifest.night}.html", "all reports": "reports/index.html"}
    there = set(shelf.names("reports"))
    named = {name: file for name, file in reports.items() if file in there} | named
    files = [f"- [{name}]({shelf.link(file)})" for name, file in named.items()]
    return "\n".join(
        ["# Files of the night", "", f"All of it: `{shelf.url}/latest/manifest.json`", "", *files]
    )


def _the_day(manifest: Manifest) -> list[str]:
    """Orders and messages of the last day and of the seven before it, from what was reconciled."""
    rows = []
    for name, what in (("order_timeline", "orders placed"), ("message_ledger", "messages owed")):
        one = manifest.datasets.get(name)
        if one is None or manifest.night not in one.partitions:
            continue
        week = [part.rows for day, part in one.partitions.items() if 1 <= (manifest.night - day).days <= 7]
        usual = f"{sum(week) / len(week):.1f}" if week else ""
        rows.append(f"| {what} | {one.partitions[manifest.night].rows} | {usual} |")
        totals = one.partitions[manifest.night].totals if name == "message_ledger" else {}
        rows += [f"| ... {value} | {count} | |" for value, count in sorted(totals.items()) if value != "rows"]
    return ["| | that day | a day of the week before |", "|---|---:|---:|", *rows, ""] if rows else []


def _kept_back(manifest: Manifest) -> list[str]:
    return list(dict.fromkeys(check.dataset for check in manifest.failed))


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _so_many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
