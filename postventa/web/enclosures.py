"""Files that come with a form: told apart by what they are, kept before the case is saved, and named when they cannot be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from postventa.files import EVIDENCE, Cabinet, Kept, NotKept, attach
from postventa.settings import Settings
from postventa.web.forms import MOST_FILES, SentFile


class NotEnclosed(ValueError):
    """A file cannot be taken; the sentence is in the visitor's words."""


def keep_files(settings: Settings, files: Sequence[SentFile], words: dict[str, Any]) -> list[Kept]:
    """Keeps what was sent. Raises NotEnclosed, naming the first file that cannot be kept, or CabinetTrouble."""
    problems, megabytes = words["problems"], settings.files.max_megabytes
    if len(files) > MOST_FILES:
        raise NotEnclosed(problems["files_many"])
    for file in files:
        if file.size > megabytes * 1024 * 1024:
            raise NotEnclosed(problems["file_large"] % (file.name, f"{megabytes:g}"))
    cabinet = Cabinet(settings.files)
    return [_keep(cabinet, file, problems) for file in files]


def enclose(
    connection: Connection, case_id: int, kept: Sequence[Kept], *, entry_id: int | None, now: datetime
) -> None:
    """Puts kept files into a case. Raises NotKept when the case has as many as it takes."""
    for one in kept:
        attach(connection, case_id, one, EVIDENCE, entry_id=entry_id, now=now)


def _keep(cabinet: Cabinet, file: SentFile, problems: dict[str, str]) -> Kept:
    try:
        return cabinet.keep(file.content.read(), file.name, file.declared_type)
    except NotKept as refused:
        said = "file_empty" if refused.reason == "empty" else "file_wrong"
        raise NotEnclosed(problems[said] % file.name) from refused
