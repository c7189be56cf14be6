"""An evidence pack: a folder that tells the story of a case or an order to somebody outside the shop, with its proofs.

Its files are the same bytes as long as nothing new is recorded, and MANIFEST.sha256 covers them all. The log of each
case can be verified in it with nothing but `sha256sum`. It is full of personal data, so only its owner may read it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import Connection

from postventa.files import Cabinet
from postventa.papers import papers_of, written_again
from postventa.records import PackFolder, case_folder, case_records, order_records, verification_text
from postventa.settings import Settings
from postventa.shipped import shipped
from postventa.store.evidence import CaseFacts, OrderFacts, Subject, case_facts, order_facts
from postventa.storyline import Moment, story_of_case, story_of_order
from postventa.verification import verify_log

USUAL_ZONE = "Europe/Madrid"


class FolderInUse(ValueError):
    """The pack would land among other files; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was drawn up: where it is, what is wrong with the record, and what is missing in it."""

    name: str
    folder: str
    archive: str
    files: int
    cases: tuple[str, ...]
    problems: tuple[str, ...]
    missing: tuple[str, ...]


def draw_up(connection: Connection, settings: Settings, subject: Subject, folder: Path) -> Pack:
    """Writes the pack into `folder`, and the same as an archive beside it. Raises FolderInUse."""
    pack, archive = _new_folder(folder)
    cases = [case_facts(connection, case_id) for case_id in subject.case_ids]
    order = order_facts(connection, subject.order_id) if subject.order_id is not None else None
    verdicts = {case.row.number: verify_log(connection, case.row.id) for case in cases}
    problems = [f"case {number}: {problem}" for number, found in verdicts.items() for problem in found]
    cabinet = Cabinet(settings.files)
    papers = {case.row.id: papers_of(case, cabinet, case_folder(case), pack.write) for case in cases}
    again, not_again = written_again(connection, settings, order, pack.write) if order else ([], [])
    missing = [sentence for one in papers.values() for sentence in one.missing] + not_again
    story, zone = _story(settings, cases, order), _zone(settings, cases, order)
    page = (
        _environment()
        .get_template("index.html")
        .render(
            name=subject.name,
            company=settings.company,
            cases=cases,
            order=order,
            papers=papers,
            again=again,
            story=story,
            problems=problems,
            missing=missing,
            zone=zone,
            when=_clock_in(zone),
            as_of=max(moment.at for moment in story),
        )
    )
    pack.write("index.html", page.encode())
    pack.json("timeline.json", [asdict(moment) for moment in story])
    for case in cases:
        case_records(pack, case)
    if order is not None:
        order_records(pack, order)
    pack.write("verification.txt", verification_text(cases, verdicts, missing).encode())
    pack.seal(archive)
    return Pack(
        name=subject.name,
        folder=str(folder),
        archive=str(archive),
        files=len(pack.digests),
        cases=tuple(verdicts),
        problems=tuple(problems),
        missing=tuple(missing),
    )


def _new_folder(folder: Path) -> tuple[PackFolder, Path]:
    archive = folder.with_name(folder.name + ".zip")
    for there in (folder, archive):
        if there.exists() and (not there.is_dir() or any(there.iterdir())):
            raise FolderInUse(f"{there} is there already: name a new folder for the evidence")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return PackFolder(folder), archive


def _story(settings: Settings, cases: Sequence[CaseFacts], order: OrderFacts | None) -> list[Moment]:
    found = [moment for case in cases for moment in story_of_case(case, settings.desk.people)]
    return sorted(found + (story_of_order(order) if order else []), key=lambda moment: moment.at)


def _zone(settings: Settings, cases: Sequence[CaseFacts], order: OrderFacts | None) -> ZoneInfo:
    """The consumer's where it is known, else the shop's."""
    known = next((case.row.zone for case in cases if case.row.zone), "")
    shop = settings.shops.get(cases[0].row.shop if cases else order.row.shop if order else "")
    return ZoneInfo(known or (shop.timezone if shop else USUAL_ZONE))


def _clock_in(zone: ZoneInfo) -> Callable[[datetime], str]:
    return lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(shipped("templates") / "_evidence"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
