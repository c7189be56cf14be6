"""The typed loader: what is published of a dataset, as a frame with the contract's exact types."""

import hashlib
from datetime import date
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from postventa.contracts import arrow_schema, contract
from postventa.datasets._manifest import Manifest, Partition, published
from postventa.datasets._shelf import Shelf, ShelfTrouble
from postventa.settings import read_settings


class NotPublished(LookupError):
    """Nothing of the dataset has been published yet; the sentence says what there is."""


def load(
    name: str, start: date | str | None = None, end: date | str | None = None, *, path: str | None = None
) -> pd.DataFrame:
    """The published rows of a dataset for the local days from `start` to `end`, both included; all where left out.

    Every column has the type that its contract says (whole numbers stay whole, amounts stay exact), and every file is
    compared with its digest. `path` is the folder or address of the datasets; the configuration's where left out.
    Raises NotPublished where there is nothing to read.
    """
    shelf = Shelf(path or read_settings().datasets.path)
    manifest = published(shelf)
    if manifest is None:
        raise NotPublished(f"nothing is published in {shelf.url} yet: `postventa run nightly` does that")
    return table(shelf, manifest, name, _day(start), _day(end)).to_pandas(types_mapper=pd.ArrowDtype)


def table(
    shelf: Shelf, manifest: Manifest, name: str, start: date | None = None, end: date | None = None
) -> pa.Table:
    """The same as an Arrow table, of the state that a manifest names."""
    found = manifest.datasets.get(name)
    if found is None:
        there = ", ".join(sorted(manifest.datasets)) or "nothing"
        raise NotPublished(f"{name} is not published in {shelf.url}: there is {there}")
    wanted = [
        read_partition(shelf, part)
        for day, part in sorted(found.partitions.items())
        if part.file and (start is None or day >= start) and (end is None or day <= end)
    ]
    return pa.concat_tables(wanted) if wanted else arrow_schema(contract(name)).empty_table()


def read_partition(shelf: Shelf, part: Partition) -> pa.Table:
    """The rows of one day. Raises ShelfTrouble if its file is lost or is not the one that was written."""
    data = shelf.read(part.file)
    if data is None:
        raise ShelfTrouble(
            f"{shelf.url}/{part.file} is gone: read the manifest again, or restore it from a backup"
        )
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise ShelfTrouble(f"{shelf.url}/{part.file} was changed after it was published: build its day again")
    return pq.ParquetFile(BytesIO(data)).read(use_threads=False)  # a day's file is too small to share out


def _day(written: date | str | None) -> date | None:
    return date.fromisoformat(written) if isinstance(written, str) else written
