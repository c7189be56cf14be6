"""The manifest: the one small file that says what is published. Readers begin with it, a night ends with it.

It is replaced whole and last, so nobody ever reads half a day; the files it names never change. Every night's own
manifest is kept for a while as well: it is how an earlier state is read.
"""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from postventa.datasets._shelf import Shelf, ShelfTrouble

LATEST = "latest/manifest.json"
HISTORY = "history"
FORMAT = 1


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Written):
    """A file that never changes: where it is, and what must be in it."""

    file: str
    sha256: str
    size: int
    of: str = ""
    """A digest of the partitions that it was made of."""


class Partition(_Written):
    """The rows of one day. A day without rows has no file."""

    rows: int
    file: str = ""
    sha256: str = ""
    size: int = 0
    totals: dict[str, int] = Field(default_factory=dict)
    """The sums that the store must agree upon."""


class Sums(_Written):
    """What the facts of a month's days add up to, day by day: for the nights that follow, not for readers."""

    part: Partition
    by: str
    """A digest of the statement that has added them up."""
    of: dict[date, str]
    """Of which facts each day's are: a digest of their partitions."""


class Dataset(_Written):
    """What readers have of one dataset."""

    version: str
    """Of its contract."""
    shape: str
    """A digest of its columns and types: with another one, every day is built again."""
    night: date
    """The last day that it holds; earlier than the manifest's where its contract has failed since."""
    run: str
    """The run that changed it last."""
    rows: int
    heard: dict[str, int] = Field(default_factory=dict)
    """How far the store's logs were read for it, for finding what is heard late."""
    of: dict[str, str] = Field(default_factory=dict)
    """By which run each dataset that it is computed from had last been changed."""
    partitions: dict[date, Partition]
    sums: dict[date, Sums] = Field(default_factory=dict)
    """What its figures are made of, by the first days of months; nothing where they are made of the facts themselves."""

    @property
    def first(self) -> date | None:
        """The first day that it holds."""
        return min(self.partitions, default=None)


class Change(_Written):
    """What a night did to one dataset, by days."""

    added: tuple[date, ...] = ()
    changed: tuple[date, ...] = ()
    """Days that had been published already, and came out differently."""
    dropped: tuple[date, ...] = ()
    """Days whose time was over, as the contract's retention says."""
    unchanged: int = 0
    """How many days came out as they were."""


class Check(_Written):
    """What became of one rule of a contract, of a total that must be equal elsewhere, or of the building itself."""

    dataset: str
    rule: str
    passed: bool
    severity: str
    sentence: str
    observed: float | None = None
    """The number that was found, where there is one."""
    rows: int = 0
    """Among how many rows."""

    @property
    def blocks(self) -> bool:
        """Whether it keeps the dataset from being published."""
        return not self.passed and self.severity == "error"


class Manifest(_Written):
    """What is published."""

    format: int = FORMAT
    run: str
    night: date
    """The last local day that it is about."""
    as_of: AwareDatetime
    """When the store was read."""
    code: str
    """The version of postventa."""
    datasets: dict[str, Dataset] = Field(default_factory=dict)
    changes: dict[str, Change] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    laptop: dict[str, File] = Field(default_factory=dict)
    """CSV and DuckDB files, and the pages about the data, by their names in `latest/`."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """What kept a dataset from being published."""
        return tuple(check for check in self.checks if check.blocks)

    @property
    def files(self) -> frozenset[str]:
        """Every file that it names."""
        days = (day.file for one in self.datasets.values() for day in one.partitions.values())
        sums = (month.part.file for one in self.datasets.values() for month in one.sums.values())
        return frozenset({*days, *sums, *(one.file for one in self.laptop.values())} - {""})

    def says_the_same(self, other: "Manifest") -> bool:
        """Whether readers would find no difference in the data, nor in what failed."""
        return self.substance == other.substance

    @property
    def substance(self) -> tuple[object, ...]:
        """All of it that is not about the run."""
        data = {name: one.model_copy(update={"heard": {}}) for name, one in self.datasets.items()}
        return (self.night, self.code, data, set(self.failed))


class Draft(_Written):
    """A night that is built and checked, and that no reader knows of yet."""

    base: str
    """The run that was published when it was begun; empty before the first."""
    manifest: Manifest


def published(shelf: Shelf) -> Manifest | None:
    """What readers have at this moment; None before the first night. Raises ShelfTrouble if it cannot be understood."""
    return read_manifest(shelf, LATEST)


def read_manifest(shelf: Shelf, name: str) -> Manifest | None:
    """A manifest by its name; None where there is none."""
    written = shelf.read(name)
    if written is None:
        return None
    try:
        return Manifest.model_validate_json(written)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ShelfTrouble(
            f"{shelf.url}/{name} is not a manifest of this version ({where}: {first['msg']}): "
            f"restore it from {HISTORY}/, or move the folder away and run the night again"
        ) from None


def draft_name(run: str) -> str:
    """Where a night waits for being published."""
    return f"{HISTORY}/{run}/draft.json"


def read_draft(shelf: Shelf, run: str) -> Draft | None:
    """The draft of a run; None where there is none."""
    written = shelf.read(draft_name(run))
    return None if written is None else Draft.model_validate_json(written)


def waiting(shelf: Shelf) -> list[str]:
    """The runs whose drafts wait, the oldest first."""
    found = (name.split("/") for name in shelf.names(HISTORY))
    return sorted(parts[1] for parts in found if parts[0] == HISTORY and parts[-1] == "draft.json")


def history_name(run: str) -> str:
    """Where a run's own manifest is kept."""
    return f"{HISTORY}/{run}/manifest.json"


def written(manifest: Manifest | Draft) -> bytes:
    """A manifest or a draft as the bytes of its file."""
    return (manifest.model_dump_json(indent=1) + "\n").encode()
