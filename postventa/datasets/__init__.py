"""The nightly datasets: a file here and a contract in `data_contracts/` make one; there is no list of them.

Files whose names begin with an underscore are not datasets but what all of them stand on. For the nightly and for
analysts only: it brings pandas, Arrow and DuckDB along.
"""

from postventa.datasets._builders import Builder, NoSuchDataset, builder, in_sequence, names
from postventa.datasets._loading import NotPublished, load

__all__ = ["Builder", "NoSuchDataset", "NotPublished", "builder", "in_sequence", "load", "names"]
